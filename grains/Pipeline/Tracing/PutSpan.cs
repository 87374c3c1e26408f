using System.Diagnostics;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Pipeline.Tracing;

/// <summary>
/// The span of one put whose caller is traced and recorded: from the call until every record of it has its outcome. It follows OpenTelemetry's conventions
/// for messaging spans ("create", of kind producer). Nothing of it is written into records.
/// </summary>
internal sealed class PutSpan
{
    /// <summary>The value of <c>messaging.system</c>; the conventions name no value for Kinesis, this one is in the form of theirs for SQS.</summary>
    public const string MessagingSystem = "aws_kinesis";

    private const string Property = "kpl.put";

    private readonly Activity _activity;
    private readonly Action<string, Exception> _threw;
    private string? _failure;
    private int _failed;
    private int _isEnded;

    private PutSpan(Activity activity, Action<string, Exception> threw)
    {
        (_activity, _threw) = (activity, threw);
        activity.SetCustomProperty(Property, this);
    }

    /// <summary>The source of all spans of producers.</summary>
    public static ActivitySource Source { get; } = new(KplDiagnostics.ActivitySourceName, KplDiagnostics.Version);

    /// <summary>Whether a put by this caller gets a span.</summary>
    public static bool IsWanted => Source.HasListeners() && Activity.Current is { Recorded: true };

    /// <summary>The put that is being accepted in this flow of control; null where it has no span.</summary>
    public static PutSpan? Current => Source.HasListeners() ? Activity.Current?.GetCustomProperty(Property) as PutSpan : null;

    /// <summary>The context of what links to it.</summary>
    public ActivityContext Context => _activity.Context;

    /// <summary>Begins a span below the caller's; null where the listener wants none.</summary>
    /// <param name="count">The number of records of a batch; null for a single record.</param>
    /// <param name="threw">Told of a listener that threw, and what.</param>
    public static PutSpan? Start(string stream, int? count, Action<string, Exception> threw)
    {
        var tags = new TagList
        {
            { "messaging.system", MessagingSystem },
            { "messaging.operation.type", "create" },
            { "messaging.operation.name", "put" },
            { "messaging.destination.name", stream },
        };
        if (count is { } records)
            tags.Add("messaging.batch.message_count", records);
        return Source.TryStart($"put {stream}", ActivityKind.Producer, parent: default, tags, links: null, threw) is { } activity
            ? new PutSpan(activity, threw)
            : null;
    }

    /// <summary>Notes that a record of the put did not succeed.</summary>
    public void Note(in RecordResult result)
    {
        if (result.IsSuccess)
            return;
        Interlocked.Increment(ref _failed);
        Interlocked.CompareExchange(ref _failure, result.ErrorCode ?? result.Status.ToString(), null);
    }

    /// <summary>Ends the span of a single record.</summary>
    public void End(in RecordResult result)
    {
        Note(result);
        if (result.ShardId is { } shard)
            _activity.SetTag("messaging.destination.partition.id", shard);
        if (result.SequenceNumber is { } number)
            _activity.SetTag("messaging.message.id", number);
        End();
    }

    /// <summary>Ends the span: every record has its outcome. Later calls change nothing.</summary>
    public void End() => Stop(_failure, _failure is null ? "" : $"{_failed} records did not succeed");

    /// <summary>Ends the span: the put was not accepted.</summary>
    public void Refuse(Exception error) => Stop(error.GetType().FullName, error.Message);

    private void Stop(string? failure, string message)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
            return;
        if (failure is not null)
        {
            _activity.SetTag("error.type", failure);
            _activity.SetStatus(ActivityStatusCode.Error, message);
        }

        // The span ends on a thread of the pipeline, whose own current activity must stay.
        var current = Activity.Current;
        _activity.TryStop(_threw);
        if (!ReferenceEquals(current, _activity))
            Listeners.TryReturnTo(current, _threw);
    }
}
