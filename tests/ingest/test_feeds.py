import pytest

from mtpipe.ingest.feeds import feed_records


def rss(item):
    dc = "http://purl.org/dc/elements/1.1/"
    data = f'<rss version="2.0" xmlns:dc="{dc}"><channel><item>{item}</item></channel></rss>'
    [record] = feed_records(data.encode())
    return record


def atom(entry):
    data = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{entry}</entry></feed>'
    [record] = feed_records(data.encode())
    return record


@pytest.mark.parametrize(
    ("item", "record"),
    [
        (
            "<title><![CDATA[L&#8217;été &amp; l&#8217;hiver]]></title>",
            {"title": "L’été & l’hiver"},
        ),
        ("<category>Kunst &amp;amp; Kultur</category>", {"section": "Kunst & Kultur"}),
        ("<dc:creator><![CDATA[Anna O&#039;Hara]]></dc:creator>", {"author": "Anna O'Hara"}),
        (
            "<description><![CDATA[L&#8217;été.\n\nL&rsquo;hiver.]]></description>",
            {"text": "L’été.\n\nL’hiver."},
        ),
        (
            "<description><![CDATA[<p>L&#8217;été</p>]]></description>",
            {"html": "<p>L&#8217;été</p>"},
        ),
        (
            "<guid>https://e.example/?a=1&amp;amp;copy;=2</guid>",
            {"id": "https://e.example/?a=1&amp;copy;=2"},
        ),
    ],
    ids=["title", "section", "author", "short text", "HTML", "id"],
)
def test_entities_of_rss(item, record):
    assert rss(item) == record


@pytest.mark.parametrize(
    ("entry", "record"),
    [
        ('<title type="html">L&amp;#8217;été</title>', {"title": "L’été"}),
        (
            '<title type="text">So schreibt man &amp;amp;</title>',
            {"title": "So schreibt man &amp;"},
        ),
        ('<summary type="text">1 &lt; 2 &amp;amp; mehr</summary>', {"text": "1 < 2 &amp; mehr"}),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Die <b>Brücke</b></div></title>',
            {"title": "Die Brücke"},
        ),
    ],
    ids=["HTML", "plain text", "plain text with signs", "XHTML"],
)
def test_entities_of_atom(entry, record):
    assert atom(entry) == record


@pytest.mark.parametrize(
    ("author", "name"),
    [
        (
            "<name>Jane Doe</name><uri>http://b.example/1</uri><email>noreply@blogger.com</email>",
            "Jane Doe",
        ),
        ("<email>noreply@blogger.com</email><name>Jane Doe</name>", "Jane Doe"),
        ("Jane Doe", "Jane Doe"),
    ],
    ids=["first", "last", "nothing else"],
)
def test_the_author_of_an_entry_is_a_name(author, name):
    assert atom(f"<author>{author}</author>") == {"author": name}
