using System.Security.Cryptography;

namespace Orleans.Kpl.Aggregation.Tests;

/// <summary>Payloads that KPL's own classes produced, byte for byte.</summary>
public class GoldenVectorTests
{
    private static readonly AggregationLimits Limits = new(uint.MaxValue, 51_200);

    private static readonly Dictionary<string, (TestRecord[] Records, string PartitionKey, string HashKey, string Hex)> Vectors = new()
    {
        ["V1, one record, is its data and key"] =
            ([new("abcd", null, "hello world")], "abcd", "301716283811389038011477436469853762335", "68656c6c6f20776f726c64"),
        ["V2, one record with a hash key, is its data and keys"] = ([new("abcd", 7, "x")], "abcd", "7", "78"),
        ["V3, two records, is an aggregate"] =
            ([new("a", null, "hello"), new("b", null, "world")], "a", "16955237001963240173058271559858726497",
            "f3899ac20a01610a01621a0908001a0568656c6c6f1a0908011a05776f726c647cf45228cd79941b056e6743990bf8ab"),
        ["V4, keys that repeat, has each once in its table"] =
            ([new("a", null, "1"), new("b", 123, "22"), new("a", 123, ""), new("c", UInt128.MaxValue, "333")], "a", "16955237001963240173058271559858726497",
            "f3899ac20a01610a01620a01631203313233122733343032383233363639323039333834363334363333373436303734333137363832"
            + "31313435351a0508001a01311a08080110001a0232321a06080010001a001a09080210011a03333333268138c923d6c10d5b30a26ce0758475"),
        ["V5, the first two of V4, has only their keys"] =
            ([new("a", null, "1"), new("b", 123, "22")], "a", "16955237001963240173058271559858726497",
            "f3899ac20a01610a016212033132331a0508001a01311a08080110001a023232221e9b155d5ad76440cfff28102000e5"),
    };

    public static TheoryData<string> Names => [.. Vectors.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Close_OfFewRecords_IsWhatKplMakesOfThem(string name)
    {
        var (records, partitionKey, hashKey, hex) = Vectors[name];
        using var closed = Close(records);

        Assert.Equal((partitionKey, hashKey, hex), (closed.PartitionKey, closed.HashKey, closed.Hex));
    }

    [Fact]
    public void V6_Close_WhenThreeHundredRecords_HasKplsDigest()
    {
        var records = Enumerable.Range(0, 300).Select(i => new TestRecord($"key-{i}", null, new string((char)('a' + i % 26), 130)));

        using var closed = Close([.. records]);

        Assert.Equal("239606560113066237791549349790285249783", closed.HashKey);
        Assert.Equal(44_182, closed.Payload.Length);
        Assert.Equal("ee52b1080879a3ab7d11a8a1dd94eaee", Convert.ToHexStringLower(MD5.HashData(closed.Payload)));
    }

    private static ClosedAggregate Close(params TestRecord[] records) => ClosedAggregate.Of(new AggregateBuilder(Limits), records);
}
