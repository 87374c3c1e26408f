using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>The records of one request: knows when each has its outcome, and which failed.</summary>
internal sealed class HttpDelivery : IRecordOrigin
{
    /// <summary>The most failures that an answer lists.</summary>
    private const int MostListed = 100;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _errors = [];
    private int _open;

    public HttpDelivery(int records)
    {
        _open = records;
        if (records == 0)
            _ended.SetResult();
    }

    /// <summary>Completes when each record has its outcome.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The records that are delivered, or kept where nothing is lost.</summary>
    public int Processed { get; private set; }

    /// <summary>Whether a failed record may be delivered later.</summary>
    public bool MayBeRepeated { get; private set; }

    /// <summary>Whether the stream of a failed record does not exist.</summary>
    public bool LacksStream { get; private set; }

    /// <summary>The first failures, for people.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public void End(long number, in PutOutcome outcome, RecordEnd end)
    {
        lock (_lock)
        {
            if (end is RecordEnd.Kept)
                Processed++;
            else
            {
                MayBeRepeated |= PatientTarget.MayBeDelivered(outcome.ErrorCode) && outcome.ErrorCode is not RecordPreparer.InvalidRecord;
                LacksStream |= outcome.ErrorCode is RecordErrorCodes.ResourceNotFound;
                if (_errors.Count < MostListed)
                    _errors.Add($"record {number}: {outcome.ErrorCode}: {outcome.ErrorMessage}");
            }

            if (--_open == 0)
                _ended.SetResult();
        }
    }
}
