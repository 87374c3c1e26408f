using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// Accepts batches that are accepted whole or not at all, where shards of some of their records are full. Whatever a record needs is there before
/// any is accepted, so that a caller that stops waiting may put the whole batch again.
/// </summary>
/// <param name="settings">What a full shard means.</param>
/// <param name="memory">Reserves memory.</param>
/// <param name="taker">Accepts records whose memory is reserved.</param>
/// <param name="horizon">Lets records in as their shards have room.</param>
internal sealed class WholeBatchIntake(PipelineSettings settings, MemoryGate memory, IRecordTaker taker, HorizonGate horizon)
{
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing was accepted.</exception>
    public async ValueTask AcceptAsync(
        PreparedBatch part, PreparedBatch held, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        if (settings.Options.HighWaterMode == HighWaterMode.Spill && await TrySpillAsync(part, held, batch, options, cancellationToken).ConfigureAwait(false))
            return;
        using var permits = await horizon.EnterAllAsync(held, options, cancellationToken).ConfigureAwait(false);
        var spills = await memory.ReserveAsync(part.Charge + held.Charge, part.Count + held.Count, options, cancellationToken).ConfigureAwait(false);
        Accept(part, batch, options, spills);
        Accept(held, batch, options, spills);
    }

    /// <summary>Accepts the records whose shards are full into the backlog, and the others into memory. False where the backlog takes none now.</summary>
    private async ValueTask<bool> TrySpillAsync(
        PreparedBatch part, PreparedBatch held, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        var spills = part.Count > 0 && await memory.ReserveAsync(part.Charge, part.Count, options, cancellationToken).ConfigureAwait(false);
        // Asked last, because nobody may wait for memory while having some that others wait for.
        if (!memory.TryReserveSpill(held.Charge, held.Count, options))
        {
            if (part.Count > 0)
                memory.Release(part.Charge, part.Count, spills);
            return false;
        }

        Accept(part, batch, options, spills);
        Accept(held, batch, options, spills: true);
        return true;
    }

    private void Accept(PreparedBatch records, IBatchOutcomes batch, PutOptions? options, bool spills)
    {
        if (records.Count > 0)
            taker.Accept(records, batch, options, spills);
    }
}
