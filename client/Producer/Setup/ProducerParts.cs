using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Producer.Backlog;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>The parts of an embedded producer, and the order in which it ends.</summary>
internal sealed class ProducerParts
{
    private readonly FileBacklogStore? _store;
    private readonly PipelineLog _log;
    private readonly ReachNotice? _notice;
    private readonly EmbeddedNumbers _numbers;
    private readonly EmbeddedAdmin _admin;
    private readonly Lazy<Task> _disposing;

    public ProducerParts(
        ProducerPipeline pipeline, KplOptions options, KinesisClient gateway, TimeProvider time, PipelineLog log, ILogger logger,
        FileBacklogStore? store = null, ReachNotice? notice = null)
    {
        (Pipeline, Options, Time, _store, Kinesis, _log, _notice) = (pipeline, options, time, store, gateway, log, notice);
        Backlog = new EmbeddedBacklog(pipeline, time);
        var failures = new RecentFailures(time, options.LogKeys);
        pipeline.KeepFailures(failures);
        _numbers = new EmbeddedNumbers(pipeline, failures, store, time);
        _admin = ProducerCreation.CreateAdmin(pipeline, gateway, options, time, logger, failures, _numbers.Of, store);
        View = new EmbeddedView(pipeline, time);
        pipeline.EndWith(CloseStoreAsync);
        _disposing = new(DisposeAllAsync);
    }

    /// <summary>Is raised when the last record has ended, for what lasts as long as the producer.</summary>
    public event Action? Ended;

    public ProducerPipeline Pipeline { get; }

    /// <summary>The settings, as they were when the producer was made.</summary>
    public KplOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Calls Kinesis over the connections of the producer.</summary>
    public KinesisClient Kinesis { get; }

    public IStreamAdmin Admin => _admin;

    public IBacklogAdmin Backlog { get; }

    /// <summary>This process at a glance.</summary>
    public ITierView View { get; }

    /// <summary>Asks whether the producer can work, with calls of its own.</summary>
    public Task<KplCheckReport> CheckAsync(string? stream, CancellationToken cancellationToken) => KinesisCheck.RunAsync(
        Options, [], stream is null ? [.. Options.ConfiguredStreams] : [stream], AwsEnvironment.Process, Time, cancellationToken);

    /// <summary>Returns the ledger of all streams together.</summary>
    public StreamLedger ReadLedger() => Pipeline.ReadLedger();

    /// <summary>Has a drain take no longer than its part of a process' stop.</summary>
    public void LimitDrainTo(StopBudget stop) => Pipeline.LimitDrainTo(stop);

    /// <summary>Drains the pipeline and ends the parts, once: later calls wait for the same completion.</summary>
    public Task DisposeAsync() => _disposing.Value;

    /// <summary>Logs settings that work, but probably not as intended.</summary>
    public void TellWarnings(IEnumerable<string> warnings) => _log.TellWarnings(warnings);

    private async Task DisposeAllAsync()
    {
        await _admin.StopAsync().ConfigureAwait(false);
        await Pipeline.DisposeAsync().ConfigureAwait(false);
        Ended?.Invoke();
        _notice?.Stop();
        Kinesis.Dispose();
        _log.Dispose();
    }

    private async Task CloseStoreAsync()
    {
        await _numbers.KeepAsync().ConfigureAwait(false);
        if (_store is not null)
            await _store.DisposeAsync().ConfigureAwait(false);
    }
}
