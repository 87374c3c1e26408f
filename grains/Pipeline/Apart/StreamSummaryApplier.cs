using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Apart;

/// <summary>Applies the summary of a stream: its record limit, and whether it is the same stream as before.</summary>
internal sealed class StreamSummaryApplier(
    PipelineSettings settings, ShardTopology topology, ShardMapApplier follower, ShardMapReader map, RecordCompleter completer, Rerouter rerouter)
{
    /// <summary>
    /// Applies a summary. Where its record limit is lower than before, records that are now too large fail, and larger aggregates are taken apart.
    /// </summary>
    public void Apply(StreamSummary summary)
    {
        var limit = summary.MaxRecordSizeInKiB * 1024L;
        var isLower = limit < Math.Max(settings.StreamRecordBytes, settings.MaxRecordBytes);
        settings.SetMaxRecordBytes(limit);
        if (follower.Learned(summary))
            map.Refresh();
        if (!isLower)
            return;
        foreach (var record in topology.Current.All.SelectMany(e => e.TakeLarger(limit)))
        {
            if (record.Encoded.Count == 1)
                completer.Fail(record, RecordErrorCodes.RecordTooLarge, $"the stream takes records of at most {limit} bytes now");
            else
                rerouter.Reroute(record);
        }
    }
}
