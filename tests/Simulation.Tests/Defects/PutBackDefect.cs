using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Tests.Defects;

/// <summary>A defect that was mended. Its patch puts it back, to see whether histories find it.</summary>
/// <param name="Name">The name of the patch in <c>tests/Simulation/Defects</c>.</param>
/// <param name="Circumstance">What the histories meet that are to find it.</param>
/// <param name="Violation">What they say of it; null where no history can find it.</param>
/// <param name="Because">Why none can.</param>
internal sealed record PutBackDefect(string Name, Circumstance Circumstance, string? Violation, string? Because = null)
{
    private const string Expired = "and expired, where nothing went wrong";

    private static readonly string Folder = Path.Combine(Checkout.Root, "tests", "Simulation", "Defects");

    public static IReadOnlyList<PutBackDefect> All { get; } =
    [
        new("PassingOrderedShard", Circumstance.PassingShards, Expired),
        new("PassingShard", Circumstance.PassingShards, null, "what is forwarded for such a shard comes back at once, and goes to those that follow"),
        new("EpochOfPassingShard", Circumstance.PassingShards, Expired),
        new("LeaptQueue", Circumstance.PassingShards, "is first seen before"),
        new("LateNews", Circumstance.PassingShards, null, "the silo's own next record, or the next change, tells what it missed within a record's life"),
        new("UnansweredEpoch", Circumstance.PassingShards, Expired),
        new("ParentNotLeft", Circumstance.ParentLost, null, "a child that is at home where the parent was takes it again at once, and marks it in time"),
        new("UnresolvedArn", Circumstance.ArnNames, " sent for shardId-"),
        new("OneByOneHorizon", Circumstance.OneByOne, Expired),
        new("RestedLane", Circumstance.LongPause, null, "it takes a minute's load that leaves a lane unused, and then a burst: RestedLaneTests has it"),
        new("ManySessions", Circumstance.ManySessions, "which it has not accepted"),
        new("EarlyReturn", Circumstance.None, "Failed NotSupported, where nothing went wrong"),
        new("EarlyReturnOfClient", Circumstance.None, "a partition key is not UTF-8"),
        new("UndoubtedFormer", Circumstance.FormerOwnerWakes, null, "it takes a silo that drains and is taken for lost meanwhile: RegressionSeedTests has the one that came up"),
        new("MergedPermit", Circumstance.None, null, "it is refused after a quarter of a second, and put again in time"),
        new("EndedReplay", Circumstance.None, null, "nothing in a history makes a replay throw; if it did, that alone would be a violation"),
        new("DroppedLetters", Circumstance.None, null, "nobody drops dead letters in a history"),
    ];

    /// <summary>The names of the patches that are there.</summary>
    public static IEnumerable<string> Patches => Directory.EnumerateFiles(Folder, "*.patch").Select(static p => Path.GetFileNameWithoutExtension(p));

    public string Patch => Path.Combine(Folder, $"{Name}.patch");
}
