using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Whole;

/// <summary>A batch that is accepted whole or not at all, because its caller puts it again where it is not accepted.</summary>
internal interface IWholeBatch : IBatchOutcomes
{
    bool IBatchOutcomes.MayBeSplit => false;

    /// <summary>
    /// Whether full shards were waited for long enough: records of other shards are then accepted, and theirs fail. Null where that is never done.
    /// </summary>
    bool? LeavesFullShards => null;

    /// <summary>
    /// Whether the caller puts single records again: then those that full shards do not take in time are refused, and the others are accepted at once.
    /// </summary>
    bool TakesBack => false;

    /// <summary>Whether a batch of such a caller that is for full shards alone may wait for them, before its records are refused. Asked once.</summary>
    bool MayAwaitShards() => true;
}

/// <summary>Tells whether batches are accepted whole.</summary>
internal static class WholeBatches
{
    extension(IBatchOutcomes batch)
    {
        /// <summary>Whether the batch is accepted whole or not at all.</summary>
        public bool IsWhole => !batch.MayBeSplit;

        /// <inheritdoc cref="IWholeBatch.LeavesFullShards"/>
        public bool? LeavesFullShards => (batch as IWholeBatch)?.LeavesFullShards;

        /// <inheritdoc cref="IWholeBatch.TakesBack"/>
        public bool TakesBack => batch is IWholeBatch { TakesBack: true };

        /// <inheritdoc cref="IWholeBatch.MayAwaitShards"/>
        public bool MayAwaitShards() => (batch as IWholeBatch)?.MayAwaitShards() != false;
    }
}
