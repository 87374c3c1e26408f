using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs;

/// <summary>
/// Sends records again that were not delivered and may be later, until they are or the run halts. What is read from a file must not be passed over
/// because Kinesis was away for longer than a record lives.
/// </summary>
/// <param name="mayBeDenied">
/// Whether what the stream refuses for want of a right passes, because the record is kept elsewhere; else nothing more is sent.
/// </param>
internal sealed class PatientTarget(IBatchTarget inner, TimeProvider time, bool mayBeDenied, CancellationToken halt) : IBatchTarget
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _lock = new(1);

    /// <summary>Whether nothing that was read may be passed over: a file can be read again, unless it is said how often to try.</summary>
    public static bool Suits(RunFile file) => file is { Input: FileInputSettings, Output: not KinesisOutput { Retry: not null } };

    /// <summary>Whether a record that ended with this code may be delivered later.</summary>
    public static bool MayBeDelivered(string? code) => !IsForGood(code) && code is not RecordErrorCodes.ResourceNotFound;

    /// <summary>Whether a record that ended with this code is at fault itself.</summary>
    public static bool IsForGood(string? code) => code is RecordErrorCodes.RecordTooLarge or RecordErrorCodes.InvalidPartitionKey
        or RecordErrorCodes.InvalidExplicitHashKey or RecordErrorCodes.InvalidStream;

    public async ValueTask<Task> StartAsync(PutBatch batch) => RepeatAsync(batch, await StartInnerAsync(batch).ConfigureAwait(false));

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task RepeatAsync(PutBatch batch, Task sending)
    {
        await sending.ConfigureAwait(false);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var left = Enumerable.Range(0, batch.Count).Where(i => MayBeRepeated(batch.Outcomes[i])).ToList();
            if (!mayBeDenied && left.FindIndex(i => batch.Outcomes[i].IsDenied) is >= 0 and var denied)
                throw CliException.NotThere($"a stream may not be put to, so nothing more is read: {batch.Outcomes[left[denied]].ErrorMessage}");
            left.RemoveAll(i => batch.Outcomes[i].IsDenied);
            if (left.Count == 0)
                return;
            await Task.Delay(pause, time, halt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (halt.IsCancellationRequested)
                return;
            await SendAgainAsync(batch, left).ConfigureAwait(false);
        }
    }

    private async Task SendAgainAsync(PutBatch batch, List<int> left)
    {
        var again = new PutBatch();
        foreach (var i in left)
            again.Add(batch.KeyOf(i), batch.DataOf(i).Span, batch.LineOf(i), batch.IsJson, batch.HashKeyOf(i));
        try
        {
            await (await StartInnerAsync(again).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            for (var i = 0; i < left.Count; i++)
            {
                if (again.Outcomes[i] != default)
                    batch.Outcomes[left[i]] = again.Outcomes[i];
            }
        }
    }

    /// <summary>Targets are started one at a time.</summary>
    private async Task<Task> StartInnerAsync(PutBatch batch)
    {
        using var turn = await _lock.EnterAsync().ConfigureAwait(false);
        return await inner.StartAsync(batch).ConfigureAwait(false);
    }

    private static bool MayBeRepeated(in PutOutcome outcome) => !outcome.Delivered && !outcome.Persisted && MayBeDelivered(outcome.ErrorCode);
}
