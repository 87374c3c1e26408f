using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>How soon a cluster notices that a silo is gone. All silos are alike; the reasons stand in docs/membership.md, "Failure detection".</summary>
internal static class FailureDetection
{
    private const int MissedProbes = 2;

    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    /// <summary>How long a silent silo is waited for: within this time it is declared dead.</summary>
    public static TimeSpan Longest { get; } = Probe * MissedProbes;

    public static void Configure(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = Probe;
        // Time-outs adapt up to four times the probe's otherwise: a frozen silo would be waited for 9 s instead of 3 s.
        options.MaxProbeTimeout = Probe;
        options.NumMissedProbesLimit = MissedProbes;
        // With one vote, one sick silo could evict any other; two silos need one vote anyway.
        options.NumVotesForDeathDeclaration = 2;
        // A silo that was frozen goes on until it has read that it is dead: so long may a shard have two owners.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        // After all silos were killed their rows count as alive for three of these, and whoever joins waits for them.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// The directory's lease keeps grains of a dead silo from starting elsewhere until it has run out. As long as the detection
    /// takes, none of it is left by then; what must not have two owners is fenced by its epoch, not by waiting.
    /// </summary>
    public static void Configure(GrainDirectoryOptions options) => options.RangeLeaseDuration = Longest;
}
