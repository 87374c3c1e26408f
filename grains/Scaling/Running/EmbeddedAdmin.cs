using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Scaling.Running;

/// <summary><see cref="IStreamAdmin"/> of an embedded producer: operations, policies and history live as long as the process.</summary>
/// <param name="numbers">Tells how far numbers of a stream were given.</param>
internal sealed class EmbeddedAdmin(
    ProducerPipeline producer, IKinesisGateway kinesis, KplOptions options, AdminServices services, RecentFailures failures, Func<string, LastNumbers> numbers)
    : IStreamAdmin
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Administered> _streams = new(StringComparer.Ordinal);
    private bool _isStopped;

    /// <summary>How many streams have an administrator.</summary>
    public int Streams
    {
        get
        {
            lock (_lock)
                return _streams.Count;
        }
    }

    public Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.GetShardsAsync(cancellationToken), cancellationToken);

    public Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.RefreshAsync(cancellationToken), cancellationToken);

    public Task<StartedOperation> SplitShardAsync(string stream, string shardId, SplitPoint at = default, CancellationToken cancellationToken = default) =>
        ChangeAsync(stream, a => a.SplitAsync(shardId, at, cancellationToken), cancellationToken);

    public Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default) =>
        ChangeAsync(stream, a => a.MergeAsync(shardId, adjacentShardId, cancellationToken), cancellationToken);

    public Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
        CancellationToken cancellationToken = default) =>
        ChangeAsync(stream, a => a.ScaleAsync(shards, method, cancellationToken), cancellationToken);

    public Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.PlanAsync(shards, cancellationToken), cancellationToken);

    public Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.GetPolicyAsync(cancellationToken), cancellationToken);

    public Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return ChangeAsync(stream, a => a.SetPolicyAsync(policy with { }, cancellationToken), cancellationToken);
    }

    public Task<StreamCapacity> GetCapacityAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.Capacity.GetAsync(cancellationToken), cancellationToken);

    public Task<CapacityPlan> ChangeCapacityAsync(string stream, CapacityChange change, CancellationToken cancellationToken = default) =>
        ChangeAsync(stream, a => a.Capacity.ChangeAsync(change, cancellationToken), cancellationToken);

    public Task<StreamLoad> GetLoadAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.Load.GetAsync(cancellationToken), cancellationToken);

    public Task<StreamHeat> GetHeatAsync(string stream, HeatSpan span = HeatSpan.Hour, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.Load.GetHeatAsync(span, cancellationToken), cancellationToken);

    public async Task<LastNumbers> GetLastNumbersAsync(string stream, CancellationToken cancellationToken = default) =>
        numbers(await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false));

    public Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.GetHistoryAsync(cancellationToken), cancellationToken);

    public Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) =>
        OnAsync(stream, a => a.GetOperationAsync(operationId, cancellationToken), cancellationToken);

    public async Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, RecentFailures.Kept);
        return failures.Page(await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false), after, max);
    }

    public async Task<RecordExplanation> ExplainAsync(string stream, ExplainQuestion question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        var name = await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false);
        FailedRecord? failure = null;
        if (question.Failure is { } number)
            failure = failures.Find(name, number) ?? throw StreamAdministrator.UnknownFailure(stream, number);
        return await UseAsync(name, a => a.ExplainAsync(question, failure, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Stops the running operations at their current point; called once, by the producer. A container finds nothing here to dispose.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            return Task.WhenAll(_streams.Values.Select(static s => s.Administrator.DisposeAsync().AsTask()));
        }
    }

    private async Task<T> OnAsync<T>(string stream, Func<StreamAdministrator, Task<T>> act, CancellationToken cancellationToken) =>
        await UseAsync(await producer.Names.ManagedAsync(stream, cancellationToken).ConfigureAwait(false), act).ConfigureAwait(false);

    /// <summary>Begins what goes on after its answer.</summary>
    private Task<T> ChangeAsync<T>(string stream, Func<StreamAdministrator, Task<T>> act, CancellationToken cancellationToken) => OnAsync(
        stream,
        a =>
        {
            lock (_lock)
            {
                if (_isStopped)
                    throw new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable, $"The producer has stopped: nothing of {stream} was changed.");
            }

            return act(a);
        },
        cancellationToken);

    /// <summary>Asks a stream's administrator, which is kept from its first answer on. Names come from callers: those of no stream are forgotten.</summary>
    private async Task<T> UseAsync<T>(string stream, Func<StreamAdministrator, Task<T>> act)
    {
        var asked = Of(stream);
        try
        {
            var answer = await act(asked.Administrator).ConfigureAwait(false);
            asked.IsKept = true;
            return answer;
        }
        finally
        {
            lock (_lock)
            {
                // A change of capacity that failed may have left what is to be set back.
                if (--asked.Uses == 0 && !asked.IsKept && !asked.Administrator.Capacity.IsFollowing)
                    _streams.Remove(stream);
            }
        }
    }

    private Administered Of(string stream)
    {
        lock (_lock)
        {
            if (!_streams.TryGetValue(stream, out var asked))
            {
                var settings = options.GetStream(stream);
                asked = new Administered(
                    new StreamAdministrator(new EmbeddedStream(producer, kinesis, StreamTarget.Of(stream, settings), failures), services, settings.Routing));
                _streams.Add(stream, asked);
                // A page may look while the producer drains. What it begins nobody would end.
                if (_isStopped)
                    _ = asked.Administrator.DisposeAsync().AsTask();
            }

            asked.Uses++;
            return asked;
        }
    }

    private sealed class Administered(StreamAdministrator administrator)
    {
        public StreamAdministrator Administrator => administrator;

        /// <summary>How many calls are under way.</summary>
        public int Uses { get; set; }

        /// <summary>Whether it has answered: the stream was there.</summary>
        public bool IsKept { get; set; }
    }
}

/// <summary>The one process of an embedded producer at a glance.</summary>
internal sealed class EmbeddedView(ProducerPipeline producer, TimeProvider time) : ITierView
{
    /// <summary>The name of the process.</summary>
    public const string Name = "embedded";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public void KeepHistory() => producer.KeepHistory();

    /// <summary>The reports of this process. Looking at a stream keeps it open, and so what was observed of it.</summary>
    public Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken)
    {
        var asked = stream is null ? null : producer.Find(producer.Names.Known(stream));
        if (asked is not null)
            producer.Uses.MarkUsed(asked.Stream);
        return Task.FromResult<IReadOnlyList<ProcessReport>>([ProcessReports.Of(Name, _startedAt, producer, asked)]);
    }
}
