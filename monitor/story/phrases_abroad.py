"""The same talk in Spanish, German, Portuguese and French, shorter; `{show}` comes from the everyday rules."""

# ruff: noqa: E501 - a template is one line, however long

ABROAD = {
    "es_when": "anoche\nhoy\neste fin de semana\nayer\nestos días\ndespués de cenar\nen el tren\nel domingo",
    "es_thing": "los subtítulos\nlas descargas\nel buscador\nla pantalla de inicio\nel perfil infantil\nla lista\nel sonido",
    "es_who": "mi madre\nmi pareja\nmi hermana\nmi vecino\nmi hijo\nmi abuela\nmi compañero de piso",
    "es_talk": """
        viendo {show} en {B} {es_when} con {es_who}
        {show} en {B} es [preciosa|buenísima|lo mejor del año|muy divertida], {es_who} opina igual
        [alguien sabe|sabéis|saben] si {show} sigue en {B}? [Pregunto por {es_who}|No la encuentro {es_when}]
        {B} se [cuelga|para|congela] {es_when} justo con {show}, [qué rabia|otra vez|fallan {es_thing}]
        no encuentro {es_thing} en {B}, [cambiaron todo|ayuda|{es_who} tampoco]
        bien hecho lo de {es_thing} en {B}, [por fin|{es_when} lo probé|{es_who} lo usa siempre]
    """,
    "es_now": "ahora mismo\nhoy\nhace una hora\nen la oficina\nal leer esto\ndesde el bus",
    "es_price": """
        [un sesenta por ciento|60 %] más por {B}? [Vergüenza|Cancelado|Ni loco|Adiós], {es_who} [también se va|está furioso con esto|no se lo cree]
        {B} quiere dos facturas para ver {show}, [cancelado {es_now}|me voy|qué abuso], {es_who} [opina igual|ya se fue]
        {B} al doble por [{show}|lo mismo de siempre], [lo cancelo|hasta nunca|qué asco], {es_now}
    """,
    "de_when": "gestern Abend\nheute\nam Wochenende\nim Zug\nnach der Arbeit\nseit Tagen\nam Sonntag\neben",
    "de_thing": "die Untertitel\ndie Downloads\ndie Suche\ndie Startseite\ndas Kinderprofil\ndie Merkliste\nder Ton",
    "de_who": "meine Mutter\nmein Mann\nmeine Schwester\nmein Nachbar\nmein Sohn\nmeine Oma\nmeine Freundin",
    "de_talk": """
        {show} auf {B} geschaut, {de_when}, {de_who} war [auch dabei|begeistert|schon bei der zweiten Folge]
        {show} bei {B} ist [großartig|richtig gut|wunderbar|sehr lustig], sagt auch {de_who}
        weiß jemand, ob {show} noch bei {B} läuft? [{de_who} fragt|Finde es {de_when} nicht]
        {B} [hängt|ruckelt|stürzt ab] {de_when} bei {show}, [nervig|schon wieder|und {de_thing} auch]
        {de_thing} bei {B}: [endlich gut|wo sind die Einstellungen|warum so kompliziert], {de_when} gemerkt, {de_who} auch
    """,
    "de_now": "eben\nheute\nvor einer Stunde\nin der Pause\nnach dem Lesen\nim Bus",
    "de_price": """
        [sechzig Prozent|60 %] mehr für {B}? [Unverschämt|Gekündigt|Nein danke|Frechheit], {de_who} [geht auch|ist stinksauer|kann es nicht glauben]
        zwei Rechnungen bei {B}, nur um {show} zu sehen, [gekündigt|ich bin raus|ohne uns], {de_now} mit {de_who} besprochen
        doppelter Preis bei {B} für [{show}|dasselbe wie immer], [Abo gekündigt|tschüss|schämt euch], {de_now}
    """,
    "pt_when": "ontem à noite\nhoje\nno fim de semana\nagora há pouco\ndepois do jantar\nno ônibus\nno domingo\nessa semana",
    "pt_thing": "as legendas\nos downloads\na busca\na tela inicial\no perfil infantil\na minha lista\no som",
    "pt_who": "minha mãe\nmeu marido\nminha irmã\nmeu vizinho\nmeu filho\nminha avó\nminha namorada",
    "pt_talk": """
        vendo {show} na {B} {pt_when} com {pt_who}
        {show} na {B} é [linda|boa demais|a melhor do ano|muito engraçada], {pt_who} concorda
        alguém sabe se {show} ainda está na {B}? [{pt_who} quer ver|não achei {pt_when}]
        a {B} [travou|caiu|parou] {pt_when} bem em {show}, [que raiva|de novo|e {pt_thing} também]
        [adoro|curti] {pt_thing} da {B}, [testei {pt_when}|{pt_who} usa sempre|mandaram bem]
    """,
    "pt_now": "agora mesmo\nhoje\nfaz uma hora\nno intervalo\ndepois de ler\nno ônibus",
    "pt_price": """
        [sessenta por cento|60%] a mais na {B}? [Absurdo|Cancelei|Nem pensar|Vergonha], {pt_who} [também saiu|está com raiva|não acreditou]
        duas contas na {B} só para ver {show}, [cancelei {pt_now}|tô fora|que abuso], {pt_who} [apoia|fez igual]
        o dobro do preço na {B} por [{show}|mais do mesmo], [cancelado|tchau|que vergonha], {pt_now}
    """,
    "fr_when": "hier soir\naujourd'hui\nce week-end\ndans le train\naprès le travail\ncette semaine\ndimanche\nà l'instant",
    "fr_thing": "les sous-titres\nles téléchargements\nla recherche\nla page d'accueil\nle profil enfant\nma liste\nle son",
    "fr_who": "ma mère\nmon mari\nma sœur\nmon voisin\nmon fils\nma grand-mère\nma copine",
    "fr_talk": """
        {show} sur {B} {fr_when}, avec {fr_who}
        {show} sur {B} c'est [magnifique|vraiment bien|la meilleure de l'année|très drôle], {fr_who} est d'accord
        quelqu'un sait si {show} est encore sur {B} ? [{fr_who} demande|introuvable {fr_when}]
        {B} [rame|plante|se fige] {fr_when} en plein {show}, [pénible|encore une fois|et {fr_thing} aussi]
        [j'adore|enfin bien,] {fr_thing} sur {B}, [testé {fr_when}|{fr_who} s'en sert aussi|bravo]
    """,
    "fr_now": "à l'instant\naujourd'hui\nil y a une heure\nà la pause\naprès lecture\ndans le bus",
    "fr_price": """
        [soixante pour cent|60 %] de plus pour {B} ? [Honteux|Résilié|Hors de question|Scandaleux], {fr_who} [part aussi|est furax|n'en revient pas]
        deux factures chez {B} pour voir {show}, [j'ai résilié {fr_now}|sans moi|quel mépris], {fr_who} [aussi|m'approuve]
        le double du prix chez {B} pour [{show}|la même chose], [abonnement résilié|adieu|c'est non], {fr_now}
    """,
}
