namespace Orleans.Kpl.Contracts.Tests.Shards;

public sealed class MapVersionTests
{
    private static readonly DateTimeOffset Created = DateTimeOffset.UnixEpoch;

    [Fact]
    public void CompareTo_GoesByStreamThenManagerThenListing()
    {
        MapVersion[] rising =
        [
            default,
            new(Created, 1, 5),
            new(Created, 1, 6),
            new(Created, 2, 1),
            new(Created.AddTicks(1), 1, 1),
        ];

        for (var i = 1; i < rising.Length; i++)
        {
            Assert.True(rising[i] > rising[i - 1] && rising[i] >= rising[i - 1]);
            Assert.True(rising[i - 1] < rising[i] && rising[i - 1] <= rising[i]);
        }

        Assert.True(rising[1] <= rising[1] && !(rising[1] < rising[1]));
    }
}
