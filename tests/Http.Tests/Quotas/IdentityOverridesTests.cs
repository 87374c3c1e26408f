using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <summary>In whatever order silos hear of bans and other quotas, they end with the same; what was taken back stays so.</summary>
public sealed class IdentityOverridesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Set_UntilItIsOver_IsInForce_AndTheChangeIsTold()
    {
        var overrides = new IdentityOverrides(_time);
        var changes = 0;
        overrides.Changed += () => changes++;
        Assert.True(overrides.TrySet(Ban("a"), "s1"));
        Assert.Equal(["a"], overrides.InForce().Select(static o => o.Identity));

        _time.Advance(Hour);
        Assert.Empty(overrides.InForce());
        overrides.DropOver();
        overrides.DropOver();
        Assert.Equal((2, 0), (changes, overrides.All().Count));
    }

    /// <summary>Whatever the order in which silos hear of each other, they end with the same.</summary>
    [Fact]
    public void Merge_InAnyOrder_EndsWithTheSame()
    {
        var (one, two) = (new IdentityOverrides(_time), new IdentityOverrides(_time));
        one.TrySet(Ban("a"), "s1");
        two.TrySet(Ban("a") with { By = "another" }, "s2");
        two.TrySet(Quota("a", 5), "s2");
        one.TrySet(Quota("b", 7), "s1");
        var (first, second) = (one.All(), two.All());

        one.Merge(second);
        two.Merge(first);
        one.Merge(second);

        Assert.Equal(Texts(one), Texts(two));
        Assert.Equal("another", one.InForce().Single(static o => o.Kind == QuotaOverrideKind.Ban).By);
    }

    /// <summary>The clock of the silo that was told first is ahead.</summary>
    [Fact]
    public void Set_AfterAnother_CountsWhateverTheClocksSay()
    {
        var ahead = new FakeTimeProvider();
        ahead.Advance(Hour / 2);
        var (one, two) = (new IdentityOverrides(ahead), new IdentityOverrides(_time));
        one.TrySet(Quota("a", 1), "s1");
        two.Merge(one.All());

        two.TrySet(Quota("a", 2), "s2");
        one.Merge(two.All());

        Assert.Equal(2, one.InForce().Single().Quotas["records_per_second"]);
    }

    /// <summary>The second one took the first one back.</summary>
    [Fact]
    public void Set_OfAnotherQuota_LeavesTheFormerOne_UnlessItIsOverOrTakenBack()
    {
        var overrides = new IdentityOverrides(_time);
        overrides.TrySet(Quota("a", 5), "s1");
        overrides.TrySet(Quota("a", 6), "s1");
        overrides.TrySet(Other(), "s1");
        Assert.Equal([("bytes_per_second", 7), ("records_per_second", 6)], InForce());

        overrides.TryLift("a", "s1", "root");
        overrides.TrySet(Other(), "s1");
        Assert.Equal([("bytes_per_second", 7)], InForce());

        overrides.TrySet(Quota("a", 5), "s1");
        _time.Advance(Hour);
        overrides.TrySet(Other(), "s1");
        Assert.Equal([("bytes_per_second", 7)], InForce());

        QuotaOverride Other() => Quota("a", 0) with { Until = _time.GetUtcNow() + Hour, Quotas = new Dictionary<string, long> { ["bytes_per_second"] = 7 } };

        IEnumerable<(string, long)> InForce() =>
            overrides.InForce().Single().Quotas.Select(static q => (q.Key, q.Value)).OrderBy(static q => q.Key, StringComparer.Ordinal);
    }

    [Fact]
    public void Lift_IsToldToOthers_AndAnEarlierWordDoesNotBringItBack()
    {
        var (one, two) = (new IdentityOverrides(_time), new IdentityOverrides(_time));
        one.TrySet(Ban("a"), "s1");
        var early = one.All();
        two.Merge(early);

        Assert.True(one.TryLift("a", "s1", "root"));
        Assert.False(one.TryLift("a", "s1", "root"));
        two.Merge(one.All());
        two.Merge(early);

        Assert.Empty(one.InForce());
        Assert.Empty(two.InForce());
    }

    /// <summary>A silo that was not told of the shorter time brought the former one back to those that had forgotten both.</summary>
    [Fact]
    public void Set_ForAShorterTime_IsNotUndoneByASiloThatWasNotToldInTime()
    {
        var (one, two) = (new IdentityOverrides(_time), new IdentityOverrides(_time));
        one.TrySet(Ban("a"), "s1");
        two.Merge(one.All());
        one.TrySet(Ban("a") with { Until = _time.GetUtcNow() + TimeSpan.FromSeconds(1) }, "s1");
        _time.Advance(TimeSpan.FromSeconds(1));
        one.DropOver();

        one.Merge(two.All());
        two.Merge(one.All());

        Assert.Empty(one.InForce());
        Assert.Empty(two.InForce());
        _time.Advance(Hour);
        one.DropOver();
        two.DropOver();
        Assert.Equal((0, 0), (one.All().Count, two.All().Count));
    }

    /// <summary>What was taken back is kept until it would have been over, and for so long it left no room for others.</summary>
    [Fact]
    public void Set_BeyondTheMost_IsRefused_AndOneThatIsThereIsReplaced_UntilOneIsTakenBack()
    {
        var overrides = new IdentityOverrides(_time);
        for (var i = 0; i < IdentityOverrides.Most; i++)
            Assert.True(overrides.TrySet(Ban($"{i}"), "s1"));
        Assert.False(overrides.TrySet(Ban("more"), "s1"));
        Assert.True(overrides.TrySet(Ban("7"), "s1"));

        Assert.True(overrides.TryLift("7", "s1", "root"));
        Assert.True(overrides.TrySet(Ban("more"), "s1"));
        Assert.False(overrides.TrySet(Ban("7"), "s1"));
        Assert.Equal(IdentityOverrides.Most, overrides.InForce().Count);
    }

    private static string[] Texts(IdentityOverrides overrides) =>
        [.. overrides.InForce().Select(static o => $"{o.Identity} {o.Kind} {o.By} {o.Origin} {o.Version}").Order(StringComparer.Ordinal)];

    private QuotaOverride Ban(string identity) => new() { Identity = identity, Kind = QuotaOverrideKind.Ban, Until = _time.GetUtcNow() + Hour };

    private QuotaOverride Quota(string identity, long records) => new()
    {
        Identity = identity, Kind = QuotaOverrideKind.Quota, Until = _time.GetUtcNow() + Hour,
        Quotas = new Dictionary<string, long> { ["records_per_second"] = records },
    };
}
