from studio.engine.vectors.stores.chroma import Chroma, safe_name
from studio.engine.vectors.stores.memory import Memory
from tests.contracts.vector_store_contract import VectorStoreContract


class TestChroma(VectorStoreContract):
    kind = Chroma


class TestMemory(VectorStoreContract):
    kind = Memory
    outlives_the_program = False


def test_two_spaces_never_share_a_name_in_chroma():
    assert safe_name("kb-1a2b3c4d") == "kb-1a2b3c4d"
    assert safe_name("售后") != safe_name("售前")
    assert safe_name("a") != safe_name("b")
