namespace Orleans.Kpl.Abstractions.Tests.Producing;

public class AckLevelTests
{
    private static readonly AckLevel[] FromWeakest = [AckLevel.Accepted, AckLevel.Persisted, AckLevel.Delivered];

    [Fact]
    public void IsAtLeast_FollowsTheStrength()
    {
        for (var i = 0; i < FromWeakest.Length; i++)
        {
            for (var j = 0; j < FromWeakest.Length; j++)
                Assert.Equal(i >= j, FromWeakest[i].IsAtLeast(FromWeakest[j]));
        }
    }

    [Fact]
    public void ByStrength_SortsFromWeakest() =>
        Assert.Equal(FromWeakest, new[] { AckLevel.Persisted, AckLevel.Delivered, AckLevel.Accepted }.Order(AckLevels.ByStrength));

    /// <summary>They travel, and the default stays the strongest.</summary>
    [Fact]
    public void Numbers_AreThoseThatTravel()
    {
        Assert.Equal([2, 1, 0], FromWeakest.Select(static l => (int)l));
        Assert.Equal(AckLevel.Delivered, default);
        Assert.Equal(AckLevel.Delivered, new StreamOptions().AckLevel);
    }
}
