"""What customers write, in their own words: for each product its troubles, and how people begin and end a message.

A trouble is (subject, what happened); the fault codes are those of the handbook.
"""

from .products import AIRPURE, COOKER, DESCALER, FILTER, FROTHER, GRINDER, K7, KETTLE_S, V9

PUMP_NOISE_EN = [
    (
        "K7 pump is very loud",
        "Since last week the pump makes a grinding noise, much louder than when it was new. The display shows E02.",
    ),
    (
        "Loud humming while brewing",
        "It hums so loudly that it wakes the children. Coffee still comes out, but slowly. Code E02 now and then.",
    ),
    ("Pump noise, then no crema", "First the noise from the pump, and since yesterday there is hardly any crema."),
]
PUMP_NOISE_ZH = [
    ("K7 水泵异响", "用了不到两个月，水泵异响特别大，像电钻一样，屏幕显示 E02。"),
    ("咖啡机噪音太大", "早上做咖啡全家都被吵醒，水泵异响，出水也变慢了，清洗过除垢过都没用。"),
    ("水泵异响，想退货", "到货第三周开始水泵异响，打电话说让先除垢，除完还是一样，显示 E02。"),
    ("K7 抽水声音不对", "水箱是满的，抽水的时候咔咔响，有时候停下来要重新开机，怀疑水泵有问题。"),
]

TROUBLES_EN = {
    K7: [
        (
            "No pressure on the K7",
            "The pump runs but the gauge stays at 3 bar and the coffee drips. The display shows E01.",
        ),
        (
            "K7 leaks under the machine",
            "There is a puddle under the machine every morning, on the left where the pump sits. E03 came up once.",
        ),
        (
            "Descaling light will not go out",
            "I ran the descaling programme twice with your own sachets and E04 is still lit.",
        ),
        (
            "Steam wand blocked",
            "The steam wand only spits water, no proper steam any more. I have soaked the tip overnight.",
        ),
        ("Which grind for the K7?", "The shots run through in twelve seconds. Is that the machine or my coffee?"),
    ],
    KETTLE_S: [
        ("Kettle S does not hold 60 °C", "I set it to 60 °C for green tea and it climbs to 75 °C. The base shows H2."),
        (
            "Lid does not close",
            "The lid springs open while the water boils. The hinge looks bent, although nobody dropped it.",
        ),
        ("Rust spots inside", "After four weeks there are brown spots on the bottom of the kettle. Are they safe?"),
    ],
    V9: [
        (
            "V9 stops after four minutes",
            "Fully charged, normal mode, and after four minutes it goes off with V3 on the screen.",
        ),
        ("Brush does not turn", "The floor brush stopped turning. I have removed all hair and it still shows V5."),
        ("Need a second battery", "Can I buy a second battery for the V9, and how long do I wait for it?"),
    ],
    AIRPURE: [
        (
            "Red light on a clean day",
            "The purifier is at full power all day with a red light, the windows are shut and the filter is new.",
        ),
        ("AirPure 3 smells", "A sour smell comes out since I moved it to the bathroom door. Is the filter spoilt?"),
        ("Wi-Fi lost after the update", "After the update last night it no longer joins our network, code P4."),
    ],
    FILTER: [
        ("Filter does not fit", "The new filter is about 3 mm too wide for my purifier. Did I order the wrong one?"),
        ("How often to change the filter", "The app says 12 % after four months. Is that normal with a cat?"),
    ],
    GRINDER: [
        (
            "Grinder G2 jams",
            "It stops in the middle of the dose and beeps three times, code G1. Light roast, fresh beans.",
        ),
        ("Grounds everywhere", "Static makes the grounds fly all over the counter. Is there a part against it?"),
        (
            "Uneven grind after cleaning",
            "I cleaned the burrs, and now the grind is uneven. How do I set the zero point again?",
        ),
    ],
    COOKER: [
        (
            "Rice burnt at the bottom",
            "On the quick programme the rice is brown at the bottom, with the water at the mark.",
        ),
        ("R5 shows C3", "The cooker beeps and shows C3 as soon as I press start. The lid is closed."),
        ("Inner pot scratched", "The coating came off near the edge after half a year of wooden spoons only."),
    ],
    FROTHER: [
        ("Frother stays cold", "It whisks, but the milk stays cold on every setting."),
        ("Milk burns on", "Oat milk burns on each time. Am I doing something wrong?"),
        ("Whisk lost", "I have lost the small whisk. Can I order it alone?"),
    ],
    DESCALER: [
        ("Sachet torn on arrival", "Two of the six sachets were open and the box is full of powder."),
        ("Can I use it in the kettle?", "Is the descaler safe for the Kettle S as well, and how much do I take?"),
    ],
}

TROUBLES_ZH = {
    K7: [
        ("K7 没有压力", "水泵在转，压力表只到 3 bar，咖啡是滴出来的，屏幕显示 E01。"),
        ("咖啡机底部漏水", "每天早上台面上一滩水，左边水泵那一侧，出现过一次 E03。"),
        ("除垢灯一直亮", "用你们家的除垢剂跑了两遍程序，E04 还是不灭，水质确实硬。"),
        ("蒸汽棒堵了", "蒸汽棒只喷水不出汽，喷嘴泡了一晚上也没通。"),
        ("新机有塑料味", "刚拆封，前几杯咖啡有塑料味，需要先空煮几次吗？"),
    ],
    KETTLE_S: [
        ("恒温不准", "设 60 度泡绿茶，实际到了 75 度，底座显示 H2。"),
        ("壶盖关不上", "烧水的时候盖子会弹开，铰链好像歪了，没有摔过。"),
        ("壶底有锈点", "用了一个月，壶底出现褐色的点，擦不掉，会不会影响健康？"),
    ],
    V9: [
        ("吸尘器四分钟就停", "充满电，标准档，四分钟左右就停机，屏幕显示 V3。"),
        ("滚刷不转", "滚刷不转了，头发都清理干净了，还是报 V5。"),
        ("想再买一块电池", "家里面积大，想加一块电池，多少钱，多久能到？"),
    ],
    AIRPURE: [
        ("一直亮红灯", "关着窗，滤芯也是新换的，净化器整天亮红灯、满速转。"),
        ("出风有酸味", "放到卫生间门口以后出风有股酸味，是滤芯受潮了吗？"),
        ("更新以后连不上网", "昨晚自动更新完就连不上家里的网络了，显示 P4。"),
    ],
    FILTER: [
        ("滤芯装不进去", "新滤芯好像宽了 3 毫米，卡不进去，是不是发错型号了？"),
        ("滤芯多久换一次", "才用四个月，手机上显示只剩 12%，家里有猫，这正常吗？"),
    ],
    GRINDER: [
        ("磨豆机卡豆", "磨到一半停下来，响三声，显示 G1，浅烘的新鲜豆子。"),
        ("静电太大", "咖啡粉飞得台面到处都是，有没有防静电的配件？"),
        ("清洁后粗细不匀", "拆下刀盘清洁以后粗细不匀，零点要怎么重新校准？"),
    ],
    COOKER: [
        ("米饭糊底", "用快煮，水也是按刻度放的，底下一层焦黄。"),
        ("电饭煲显示 C3", "一按开始就滴滴响，显示 C3，盖子明明盖好了。"),
        ("内胆涂层掉了", "一直用木铲，才半年内胆边上就掉涂层，能换内胆吗？"),
    ],
    FROTHER: [
        ("奶泡机不加热", "会搅拌，但是哪个档牛奶都是凉的。"),
        ("燕麦奶糊底", "打燕麦奶每次都糊底，是我用法不对吗？"),
        ("搅拌头丢了", "小搅拌头找不到了，能单独买吗？"),
    ],
    DESCALER: [
        ("除垢剂破袋", "六袋里有两袋是开的，盒子里全是粉。"),
        ("能给恒温壶用吗", "这个除垢剂恒温壶能不能用，一次放多少？"),
    ],
}

BEGIN_EN = ["Hello,", "Dear Aurora team,", "Good morning,", "Hi,", "Second message about this.", ""]
BEGIN_ZH = ["您好，", "客服好，", "你好，", "麻烦帮我看一下，", "第二次反馈了，", ""]
END_EN = [
    "Please tell me what to do next.",
    "Can someone collect it? I am at home on weekdays after six.",
    "I would like my money back.",
    "Is this covered by the warranty?",
    "I have attached two photos and a short video.",
    "Thank you in advance.",
    "I would rather exchange it than wait for a repair.",
    "How long will the repair take?",
]
END_ZH = [
    "请问接下来怎么处理？",
    "可以上门取件吗？工作日晚上六点以后家里有人。",
    "我想退款。",
    "这个在保修范围内吗？",
    "照片和视频已经上传。",
    "谢谢！",
    "不想等维修，能不能直接换一台？",
    "维修大概要几天？期间有没有备用机？",
    "已经影响使用了，请尽快回复。",
]
