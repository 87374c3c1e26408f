using System.Text;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Tests.Wire;

public sealed class TextCacheTests
{
    private readonly TextCache _cache = new();

    [Fact]
    public void Get_WhenATextComesAgain_GivesTheSameString()
    {
        var first = _cache.Get("shardId-000000000000"u8);

        Assert.Equal("shardId-000000000000", first);
        Assert.Same(first, _cache.Get("shardId-000000000000"u8));
    }

    [Fact]
    public void Get_WhenTextsShareAPlace_GivesEachItsOwn()
    {
        for (var i = 0; i < 50_000; i++)
        {
            var text = $"shardId-{i:D12}";
            Assert.Equal(text, _cache.Get(System.Text.Encoding.UTF8.GetBytes(text)));
        }
    }

    [Fact]
    public void Get_WhenATextIsNotAscii_GivesItAsItIs() => Assert.Equal("é日", new TextCache().Get("é日"u8));

    /// <summary>A stream of 5,000 shards names each of them all the time.</summary>
    [Fact]
    public void Get_OfTheIdsOfManyShards_MakesHardlyAnyTwice()
    {
        byte[][] ids = [.. Enumerable.Range(0, 5_000).Select(static i => Encoding.UTF8.GetBytes($"shardId-{i:D12}"))];
        string[] first = [.. ids.Select(id => _cache.Get(id))];

        Assert.Equal(ids.Select(static id => Encoding.UTF8.GetString(id)), first);
        Assert.InRange(ids.Zip(first).Count(pair => !ReferenceEquals(_cache.Get(pair.First), pair.Second)), 0, ids.Length / 10);
    }
}
