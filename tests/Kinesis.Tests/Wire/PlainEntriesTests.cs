using System.Globalization;
using System.Text;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

public sealed class PlainEntriesTests
{
    private readonly byte[] _scratch = new byte[Base64InPlace.ScratchBytes];

    [Theory]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a"}""")]
    [InlineData("""{"PartitionKey":"a","Data":"aGk="}""")]
    [InlineData("""{"Data": "aGk=", "PartitionKey": "a"}""")]
    [InlineData("{\n\t\"Data\" : \"aGk=\",\r\n \"PartitionKey\" : \"a\"\n}")]
    public void Read_OfEntriesAsSdksWriteThem_ReadsThemAll(string entry)
    {
        using var call = new PutCall();
        var body = Encoding.UTF8.GetBytes($"{entry},{entry} , {entry}]");

        var end = PlainEntries.Read(body, 0, call, _scratch);

        Assert.Equal((body.Length - 1, 3), (end, call.Count));
        Assert.All(call.Entries.ToArray(), static e => Assert.Equal("a hi ", Text(e)));
    }

    [Fact]
    public void Read_OfAnEntryWithAHashKey_ReadsIt()
    {
        using var call = new PutCall();
        PlainEntries.Read("""{"Data":"aGk=","ExplicitHashKey":"17","PartitionKey":"a"}]"""u8.ToArray(), 0, call, _scratch);
        Assert.Equal("a hi 17", Text(call.Entries[0]));
    }

    [Theory]
    [InlineData("""{"Data":"aGk=","PartitionKey":"\u0061"}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"ä"}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a","Data":"aGk="}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a","Other":"b"}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":null}""")]
    [InlineData("{\"Data\":\"aG\n\r\n\tk=\",\"PartitionKey\":\"a\"}")]
    [InlineData("""{"Data":"aGk="}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a",}""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a" """)]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a"]""")]
    [InlineData("""{"Data":"aGk=","PartitionKey":"a\""")]
    [InlineData("""{"Data":"aGk=" """)]
    [InlineData("{\"Data\":\"")]
    [InlineData("{}")]
    [InlineData("")]
    public void Read_OfAnotherEntry_EndsBeforeIt(string entry)
    {
        const string Good = """{"Data":"aGk=","PartitionKey":"a"}""";
        using var call = new PutCall();

        Assert.Equal(Good.Length, PlainEntries.Read(Encoding.UTF8.GetBytes($"{Good},{entry}"), 0, call, _scratch));

        Assert.Equal(1, call.Count);
    }

    /// <summary>Whatever a body is, it is read, or refused, as a reader of JSON alone would: an entry that is not plain comes first there.</summary>
    [Fact]
    public void Read_OfAnyDamagedBody_EndsAsWithTheReaderOfJsonAlone()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            var blank = random.Next(2) == 0 ? " " : "";
            var entries = string.Join($",{blank}", Enumerable.Range(0, random.Next(1, 5)).Select(_ => Entry(random, blank)));
            var damaged = Mutation.Of(random, Encoding.UTF8.GetBytes($"{entries}],{blank}\"StreamName\":\"s\",\"Records\":[{entries}]}}"));
            // An entry before the bracket would need a comma there.
            if (damaged.AsSpan().TrimStart(" \t\r\n"u8) is not [(byte)']', ..])
                Assert.Equal(Read([.. "{\"Records\":[{},"u8, .. damaged], skip: 1), Read([.. "{\"Records\":["u8, .. damaged]));
        }
    }

    private static string Entry(Random random, string blank)
    {
        var data = new byte[random.Next(8) == 0 ? random.Next(3 * Base64InPlace.ScratchBytes) : random.Next(20)];
        random.NextBytes(data);
        List<string> members =
        [
            $"\"Data\":{blank}\"{Convert.ToBase64String(data)}\"",
            $"\"PartitionKey\":{blank}\"{(random.Next(4) == 0 ? "käy \\u0041" : "key " + random.Next(1000).ToString(CultureInfo.InvariantCulture))}\"",
        ];
        if (random.Next(4) == 0)
            members.Insert(random.Next(3), "\"ExplicitHashKey\":\"17\"");
        if (random.Next(4) == 0)
            members.Reverse();
        return $"{{{string.Join($",{blank}", members)}}}";
    }

    /// <summary>What came of a body: the stream and its records, or how it was refused.</summary>
    private static string Read(byte[] body, int skip = 0)
    {
        using var call = new PutCall();
        try
        {
            PutJson.Read(body, isSingle: false, call);
            return $"{call.StreamName} {call.Count - skip} {string.Join('|', call.Entries.ToArray().Skip(skip).Select(Text))}";
        }
        catch (FrontException refused)
        {
            return refused.Message;
        }
    }

    private static string Text(PutEntry entry) =>
        $"{entry.Key} {(entry.Data is { } data ? Encoding.Latin1.GetString(data.Span) : "null")} {entry.HashKey}";
}
