using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>
/// Configures how soon a cluster notices that a silo is gone. All silos are alike; docs/membership.md, "Failure detection", has the
/// reasons.
/// </summary>
internal static class FailureDetection
{
    private const int MissedProbes = 2;

    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    /// <summary>The time within which a silent silo is declared dead.</summary>
    public static TimeSpan Longest { get; } = Probe * MissedProbes;

    public static void Configure(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = Probe;
        // Otherwise time-outs adapt up to four times the probe's: a frozen silo would be detected after 9 s instead of 3 s.
        options.MaxProbeTimeout = Probe;
        options.NumMissedProbesLimit = MissedProbes;
        // With one vote, one sick silo could evict any other; two silos need one vote anyway.
        options.NumVotesForDeathDeclaration = 2;
        // A silo that was frozen continues until it has read that it is dead; for that time a shard may have two owners.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        // After all silos were killed, their rows count as alive for three of these periods, and a joining silo waits for them.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// Sets the directory's lease, which keeps grains of a dead silo from starting elsewhere until it expires. A lease as long as the
    /// detection time has expired by then. Shards that must not have two owners are fenced by their epoch, not by waiting.
    /// </summary>
    public static void Configure(GrainDirectoryOptions options) => options.RangeLeaseDuration = Longest;
}
