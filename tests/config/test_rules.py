import pytest

from monitor.config.load import load_config
from monitor.errors import ConfigError

BRANDS = "brands:\n  - {name: Acme, rule: acme}\n  - {name: Globex, rule: globex}\nrules:\n"


@pytest.fixture
def load(tmp_path):
    def load(rules):
        path = tmp_path / "config.yaml"
        path.write_text(BRANDS + rules)
        return load_config(path, {}).rules

    return load


def test_a_rule_is_read_with_its_defaults(load):
    (rule,) = load("  - {name: big voice, when: author_followers >= 100000 and label = -1}\n")
    assert (rule.at_least, rule.within, rule.severity, list(rule.brands)) == (1, 3600, "warning", [])


def test_a_rule_is_read_whole(load):
    (rule,) = load("  - {name: sued, when: text contains 'lawsuit', at_least: 3, within: 2h, severity: critical, brands: [ACME]}\n")
    assert (rule.name, rule.when, rule.at_least, rule.within, rule.severity) == ("sued", "text contains 'lawsuit'", 3, 7200, "critical")
    assert list(rule.brands) == ["ACME"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        pytest.param(
            "  - {name: a, when: is_churn}\n  - {name: A, when: is_churn}\n",
            "two rules have the same name, 'a'; rename one",
            id="names without case",
        ),
        pytest.param(
            "  - {name: a, when: is_churn, brands: [Acne]}\n", "rule 'a': no brand 'Acne' in the configuration", id="unknown brand"
        ),
        pytest.param("  - {name: a, wen: is_churn}\n", "config.yaml:5: rules[0].wen: no such key; did you mean when?", id="nearest key"),
        pytest.param(
            "  - {name: a, when: is_churn, atleast: 2}\n", "rules[0].atleast: no such key; did you mean at_least?", id="underscore"
        ),
        pytest.param("  - {when: is_churn}\n", "config.yaml:5: rules[0].name is missing", id="no name"),
        pytest.param("  - {name: a}\n", "config.yaml:5: rules[0].when is missing", id="no condition"),
        pytest.param("  - {name: '', when: is_churn}\n", "rules[0].name is empty; give at least one letter", id="empty name"),
        pytest.param(
            "  - name: a\n    when: likes >\n",
            "config.yaml:6: rules[0].when: `likes >`, column 8: a value is expected",
            id="broken condition",
        ),
        pytest.param("  - {name: a, when: is_churn, within: 1x}\n", "rules[0].within: '1x' is no duration", id="duration"),
        pytest.param("  - {name: a, when: is_churn, at_least: 0}\n", "rules[0].at_least", id="none of them"),
        pytest.param("  - {name: a, when: is_churn, severity: bad}\n", "rules[0].severity: Input should be 'info'", id="severity"),
        pytest.param("  - {name: a, when: true}\n", "rules[0].when", id="no text"),
    ],
)
def test_a_mistake_in_a_rule_is_told(load, rules, said):
    with pytest.raises(ConfigError) as error:
        load(rules)
    assert said in str(error.value)
