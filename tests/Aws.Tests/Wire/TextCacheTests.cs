using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Tests.Wire;

public sealed class TextCacheTests
{
    [Fact]
    public void Get_WhenATextComesAgain_GivesTheSameString()
    {
        var cache = new TextCache();

        var first = cache.Get("shardId-000000000000"u8);

        Assert.Equal("shardId-000000000000", first);
        Assert.Same(first, cache.Get("shardId-000000000000"u8));
    }

    [Fact]
    public void Get_WhenTextsShareAPlace_GivesEachItsOwn()
    {
        var cache = new TextCache();

        for (var i = 0; i < 50_000; i++)
        {
            var text = $"shardId-{i:D12}";
            Assert.Equal(text, cache.Get(System.Text.Encoding.UTF8.GetBytes(text)));
        }
    }

    [Fact]
    public void Get_WhenATextIsNotAscii_GivesItAsItIs() => Assert.Equal("é日", new TextCache().Get("é日"u8));
}
