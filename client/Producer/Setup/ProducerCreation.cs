using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Creates embedded producers: validates the settings, and puts the parts together.</summary>
internal static class ProducerCreation
{
    /// <summary>Creates a producer in a host that makes the meters.</summary>
    public static KplProducer Create(KplOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider, IMeterFactory? meters) =>
        // Its timers and loops begin here.
        OwnFlow.Run(() => New(options, loggerFactory, timeProvider, meters));

    private static KplProducer New(KplOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider, IMeterFactory? meters)
    {
        var report = KplOptionsValidator.Validate(options);
        report = report with { Errors = [.. report.Errors, .. BacklogFolder.FindErrors(options.Backlog)] };
        var time = timeProvider ?? TimeProvider.System;
        var gateway = CreateGateway(options.Kinesis.Clone(), time, report);
        var logger = GuardedLogger.Of(loggerFactory ?? NullLoggerFactory.Instance);
        var log = new PipelineLog(logger, time, options.LogKeys);
        gateway.CborRefused += (endpoint, error) => log.CborRefused(endpoint, error.Code, error.Message);
        gateway.Clock.Corrected = offset => log.ClockCorrected(gateway.Location.Endpoint, offset);
        if (gateway.Heeded is { } heeded)
            log.EnvironmentHeeded(gateway.Location.Endpoint, heeded);
        var snapshot = options.Snapshot();
        var store = OpenBacklog(snapshot.Backlog, gateway);
        var backlog = store is null
            ? null
            : new BacklogServices { Store = store, CommitDelay = snapshot.Backlog.CommitDelay, WriteUnitPrice = snapshot.Backlog.WriteUnitPrice };
        var notice = loggerFactory is null ? new ReachNotice(gateway.Location.Endpoint, time, Console.Error.WriteLine) : null;
        var pipeline = new ProducerPipeline(
            snapshot, gateway, log, time, new Random(), backlog: backlog, started: notice is null ? null : notice.Watch, meters: meters);
        pipeline.CloseIdleStreams(StreamIdling.Limit);
        var producer = new KplProducer(new ProducerParts(pipeline, snapshot, gateway, time, log, logger, store, notice));
        producer.Parts.TellWarnings([.. report.Warnings, .. GlueAbsence.FindWarnings(snapshot)]);
        return producer;
    }

    /// <summary>Asks whether a producer with these settings could work, in an environment of the caller's.</summary>
    public static Task<KplCheckReport> CheckAsync(
        KplOptions options, string? stream, AwsEnvironment environment, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> errors = [.. KplOptionsValidator.Validate(options).Errors, .. BacklogFolder.FindErrors(options.Backlog)];
        return KinesisCheck.RunAsync(
            options.Snapshot(), errors, stream is null ? [.. options.ConfiguredStreams] : [stream], environment, time, cancellationToken);
    }

    /// <summary>Creates what inspects and reshards the streams.</summary>
    public static EmbeddedAdmin CreateAdmin(
        ProducerPipeline pipeline, KinesisClient gateway, KplOptions options, TimeProvider time, ILogger logger, RecentFailures failures,
        Func<string, LastNumbers> numbers, IRowStore? kept) =>
        new(pipeline, gateway, options, new AdminServices
        {
            Kinesis = gateway,
            Store = new MemoryStateStore(),
            StoreEndsWithProcess = true,
            Kept = kept,
            Time = time,
            Events = new AdminLog(logger, () => pipeline.Instruments),
            IsPolicyAllowed = options.ScalingPolicyAllowed,
        }, failures, numbers);

    /// <summary>Creates the gateway. Some errors in settings show only against this machine: its environment and its files.</summary>
    private static KinesisClient CreateGateway(KinesisOptions options, TimeProvider time, OptionsReport<KplOptions> report)
    {
        // If a setting of that section is invalid, the gateway to Kinesis cannot be created.
        if (report.Errors.Any(static e => e.StartsWith("Kpl:Kinesis:", StringComparison.Ordinal)))
            throw new KplOptionsException(report.Errors);
        try
        {
            var gateway = KinesisClient.Create(options, time);
            if (report.IsValid)
                return gateway;
            gateway.Dispose();
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([.. report.Errors, error.Message]);
        }

        throw new KplOptionsException(report.Errors);
    }

    private static FileBacklogStore? OpenBacklog(BacklogOptions options, KinesisClient gateway)
    {
        try
        {
            return options.Directory is { } directory ? FileBacklogStore.Open(directory, options.Sync) : null;
        }
        catch (BacklogStoreException error)
        {
            gateway.Dispose();
            throw new KplOptionsException([$"Kpl:Backlog:Directory is '{options.Directory}': {error.Message}"]);
        }
    }
}
