from tests.store.conftest import con as con
from tests.store.conftest import empty as empty
from tests.store.conftest import store as store
