namespace Orleans.Kpl.Aggregation.Tests;

/// <summary>One of an aggregate's tables of distinct texts.</summary>
public sealed class TextTableTests
{
    private const byte Tag = 0x0A;

    [Fact]
    public void Find_OfWhatWasAdded_IsItsPlaceInTheOrderOfAdding()
    {
        var table = new TextTable(Tag);
        for (var i = 0; i < 3_000; i++)
            Assert.Equal(-1, AddIfNew(ref table, $"text-{i}"));

        for (var i = 0; i < 3_000; i++)
            Assert.Equal(i, AddIfNew(ref table, $"text-{i}"));
        Assert.Equal(-1, Find(ref table, "text-3000"));
        Assert.Equal(3_000, table.Count);
        table.Clear();
    }

    [Fact]
    public void Encoded_IsTagLengthAndTextOfEach()
    {
        var table = new TextTable(Tag);
        string[] texts = ["", "a", new('b', 127), new('c', 128), new('d', 16_383)];
        var sizes = 0;
        foreach (var text in texts)
        {
            AddIfNew(ref table, text);
            sizes += TextTable.SizeOf(text.Length);
            Assert.Equal(sizes, table.Size);
            Assert.InRange(TextTable.SizeOf(text.Length) - text.Length, 2, TextTable.MostOverhead);
        }

        Assert.Equal(texts.SelectMany(t => (byte[])[Tag, .. Varint(t.Length), .. Bytes(t)]).ToArray(), table.Encoded.ToArray());
        table.Clear();
    }

    /// <summary>More of them than a group of slots holds.</summary>
    [Fact]
    public void Find_OfTextsThatShareAHash_TellsThemApart()
    {
        const ulong Hash = 0x1234_5678_9ABC_DEF0;
        var table = new TextTable(Tag);
        AddIfNew(ref table, "first");
        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal(-1, table.Find(Bytes($"same-{i}"), Hash, out var slot));
            table.Add(Bytes($"same-{i}"), Hash, slot);
        }

        for (var i = 1; i <= 20; i++)
            Assert.Equal(i, table.Find(Bytes($"same-{i}"), Hash, out _));
        Assert.Equal(-1, table.Find(Bytes("same-21"), Hash, out _));
        table.Clear();
    }

    [Fact]
    public void Clear_ForgetsEverything()
    {
        var table = new TextTable(Tag);
        for (var i = 0; i < 100; i++)
            AddIfNew(ref table, $"former-{i}");

        table.Clear();

        Assert.Equal((0, 0), (table.Count, table.Size));
        Assert.Equal(-1, Find(ref table, "former-0"));
        AddIfNew(ref table, "next");
        Assert.Equal(-1, Find(ref table, "former-1"));
        Assert.Equal(0, Find(ref table, "next"));
        table.Clear();
    }

    /// <summary>After one aggregate of very many keys, each small one held as many slots, for as long as the shard was open.</summary>
    [Fact]
    public void Clear_AfterVeryManyTexts_ForgetsBitByBitHowManySlotsTheyTook()
    {
        var table = new TextTable(Tag);
        for (var i = 0; i < 800_000; i++)
            AddIfNew(ref table, $"{i}");
        table.Clear();
        for (var i = 0; i < 20; i++)
            AddTwo(ref table);

        var before = GC.GetAllocatedBytesForCurrentThread();
        AddTwo(ref table);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);

        static void AddTwo(ref TextTable table)
        {
            AddIfNew(ref table, "first");
            AddIfNew(ref table, "second");
            table.Clear();
        }
    }

    private static int AddIfNew(ref TextTable table, string text)
    {
        var bytes = Bytes(text);
        var found = table.Find(bytes, TextHash.Of(bytes), out var slot);
        if (found < 0)
            table.Add(bytes, TextHash.Of(bytes), slot);
        return found;
    }

    private static int Find(ref TextTable table, string text) => table.Find(Bytes(text), TextHash.Of(Bytes(text)), out _);

    private static byte[] Varint(int value) => value < 128 ? [(byte)value] : [(byte)(value | 0x80), (byte)(value >> 7)];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
