using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Logging;
using static System.FormattableString;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>Options of the whole program that the tier needs otherwise, where the program left them as they come. docs/membership.md has all.</summary>
internal sealed class SiloDefaults(IOptions<ClusterMembershipOptions> members, KplOptions kpl)
    : IPostConfigureOptions<GrainDirectoryOptions>, IPostConfigureOptions<SiloMessagingOptions>, IPostConfigureOptions<HostOptions>
{
    /// <summary>The longest call of the tier takes 40 s, while its records wait.</summary>
    private static readonly TimeSpan WarningOfTheTier = TimeSpan.FromSeconds(50);

    private static readonly TimeSpan Lease = new GrainDirectoryOptions().RangeLeaseDuration;
    private static readonly TimeSpan Warning = new SiloMessagingOptions().RequestProcessingWarningTime;
    private static readonly TimeSpan Shutdown = new HostOptions().ShutdownTimeout;

    public static void Use(IServiceCollection services) => services
        .AddSingleton<IPostConfigureOptions<GrainDirectoryOptions>, SiloDefaults>()
        .AddSingleton<IPostConfigureOptions<SiloMessagingOptions>, SiloDefaults>()
        .AddSingleton<IPostConfigureOptions<HostOptions>, SiloDefaults>();

    /// <summary>
    /// Ends the lease of a dead silo's entries by the time at which it is declared dead: until then nobody can open its shards. Those that must not have two
    /// owners are fenced by their epochs, and not by waiting.
    /// </summary>
    public void PostConfigure(string? name, GrainDirectoryOptions options)
    {
        var noticed = members.Value.MaxProbeTimeout * members.Value.NumMissedProbesLimit;
        if (options.RangeLeaseDuration == Lease && noticed < Lease)
            options.RangeLeaseDuration = noticed;
    }

    /// <summary>A call that waits for its records is no sign of trouble: Orleans would write of each, with a dump, every 5 s from its 20th second on.</summary>
    public void PostConfigure(string? name, SiloMessagingOptions options)
    {
        if (options.RequestProcessingWarningTime == Warning)
            options.RequestProcessingWarningTime = WarningOfTheTier;
    }

    /// <summary>The host must not end the silo's stop before its records have ended.</summary>
    public void PostConfigure(string? name, HostOptions options)
    {
        if (options.ShutdownTimeout == Shutdown && kpl.StopTimeout > Shutdown)
            options.ShutdownTimeout = kpl.StopTimeout;
    }
}

/// <summary>
/// Judges, at the start, the options that decide what a lost silo costs, which are for the whole program to set: where that is much more than with the
/// tier's own silos, one line tells of each with its value. A message limit that ends connections fails the start.
/// </summary>
internal sealed partial class SettingsCheck(
    IOptions<ClusterMembershipOptions> members, IOptions<SiloMessagingOptions> messages, KplOptions options, ILoggerFactory loggers)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>The largest batch, and what its answer adds to it where all records failed: about 60 bytes for each.</summary>
    public const int LeastBody = RecordBatch.MaxBytes + (8 << 20);

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(5);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl settings", ServiceLifecycleStage.First, CheckAsync);

    /// <summary>The options that are slower than with the tier's own silos, by name.</summary>
    public static IEnumerable<string> FindSlow(ClusterMembershipOptions o)
    {
        var (probe, alive) = (o.MaxProbeTimeout * o.NumMissedProbesLimit, o.IAmAliveTablePublishTimeout * o.NumMissedTableIAmAliveLimit);
        if (probe > Long)
            yield return $"a silo that is lost is noticed after up to {Seconds(probe)}, and until then nobody sends for its shards "
                + $"(MaxProbeTimeout {Seconds(o.MaxProbeTimeout)}, NumMissedProbesLimit {o.NumMissedProbesLimit}; there 1 s and 2)";
        if (o.TableRefreshTimeout > Long)
            yield return "a silo that was frozen goes on until it reads that it is dead, and its shards have two owners "
                + $"(TableRefreshTimeout {Seconds(o.TableRefreshTimeout)}; there 2 s)";
        if (alive > 6 * Long)
            yield return $"once all silos were killed, the next one may wait {Seconds(alive)} for them before it joins "
                + $"(IAmAliveTablePublishTimeout {Seconds(o.IAmAliveTablePublishTimeout)}; there 5 s)";
        if (o.NumVotesForDeathDeclaration < 2)
            yield return $"one sick silo can declare any other dead (NumVotesForDeathDeclaration {o.NumVotesForDeathDeclaration}; there 2)";
    }

    private static string Seconds(TimeSpan time) => Invariant($"{time.TotalSeconds:0.#} s");

    private Task CheckAsync(CancellationToken cancellationToken)
    {
        if (messages.Value.MaxMessageBodySize < LeastBody)
            throw new KplOptionsException([$"SiloMessagingOptions.MaxMessageBodySize is {messages.Value.MaxMessageBodySize}, and a batch of records may be "
                + $"larger, which ends the connection that all calls share: it must be {LeastBody} or more"]);
        if (options.CheckAtStart != StartCheck.Off && string.Join("; ", FindSlow(members.Value)) is { Length: > 0 } slow)
            LogSlow(GuardedLogger.Of(loggers), slow);
        return Task.CompletedTask;
    }

    [LoggerMessage(102, LogLevel.Warning, "By ClusterMembershipOptions a silo's loss costs more than with the silos of silo/Host: {Slow}")]
    private static partial void LogSlow(ILogger logger, string slow);
}
