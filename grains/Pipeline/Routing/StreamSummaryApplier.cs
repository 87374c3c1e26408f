using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Puts in force what a stream tells of itself: how large its records may be, and whether it is the stream that it was before.</summary>
internal sealed class StreamSummaryApplier(
    PipelineSettings settings, ShardTopology topology, ShardMapApplier follower, MapUpkeep map, RecordCompleter completer, Rerouter rerouter)
{
    /// <summary>Applies a summary. Where it allows less than before, records that are too large now end, and larger aggregates are taken apart.</summary>
    public void Apply(StreamSummary summary)
    {
        var limit = summary.MaxRecordSizeInKiB * 1024L;
        var isLower = limit < settings.StreamRecordBytes;
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
