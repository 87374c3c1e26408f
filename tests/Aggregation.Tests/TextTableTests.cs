namespace Orleans.Kpl.Aggregation.Tests;

/// <summary>One of an aggregate's tables of distinct texts.</summary>
public sealed class TextTableTests
{
    private const byte Tag = 0x0A;

    /// <summary>More of them than a group of slots holds.</summary>
    [Fact]
    public void Find_OfTextsThatShareAHash_TellsThemApart()
    {
        const ulong Hash = 0x1234_5678_9ABC_DEF0;
        var table = new TextTable(Tag);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(-1, table.Find(Bytes($"same-{i}"), Hash, out var slot));
            table.Add(Bytes($"same-{i}"), Hash, slot);
        }

        for (var i = 0; i < 20; i++)
            Assert.Equal(i, table.Find(Bytes($"same-{i}"), Hash, out _));
        Assert.Equal(-1, table.Find(Bytes("same-20"), Hash, out _));
        table.Clear();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
