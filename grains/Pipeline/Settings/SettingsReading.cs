using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>Reads the options of a stream, for its steps and for what hangs on them.</summary>
internal static class SettingsReading
{
    /// <summary>
    /// The maximum cost in bytes of wrapping a single user record: framing, tables, an explicit hash key, a producer number, and <c>a</c> for its key.
    /// </summary>
    private const int WrapSize = 160;

    extension(PipelineSettings)
    {
        /// <summary>Returns the settings for such options.</summary>
        public static PipelineSettings Of(StreamOptions options)
        {
            var keepsOrder = options.Ordered != OrderedMode.Off;
            var shard = ShardLimits.From(options, isOneAtATime: keepsOrder);
            var settings = new PipelineSettings
            {
                Options = options,
                AlwaysWrap = options.AlwaysWraps,
                MostAtOnce = MostAtOnceOf(options, shard),
                Linger = new Linger(options.RecordMaxBufferedTime),
                Collection = new CollectionLimits(options.Ordered == OrderedMode.PutRecord ? 1 : options.CollectionMaxCount, options.CollectionMaxSize),
                Shard = shard,
                Backoff = new BackoffPolicy(options.Backoff, options.BackoffInitial, options.BackoffMax),
            };
            settings.SetMaxRecordBytes(PipelineSettings.DefaultMaxRecordBytes);
            return settings;
        }

        /// <summary>A shard that has room for one record gets all of a part that is for it: a slow one must be able to send it in time.</summary>
        private static (int Records, long Bytes) MostAtOnceOf(StreamOptions options, ShardLimits shard)
        {
            var time = options.RecordTtl.Ticks / 4.0;
            var records = Math.Min(
                options.MaxOutstandingRecords is > 0 and var most ? most / 4.0 : int.MaxValue,
                options.AggregationEnabled ? int.MaxValue : shard.RecordsPerTick * time);
            return ((int)Math.Max(1, records), (long)Math.Max(1, shard.BytesPerTick * time));
        }
    }

    extension(StreamOptions options)
    {
        /// <summary>The bytes by which a record of its own is larger at most than its key and data.</summary>
        public int WrapBytes => options.AlwaysWraps ? WrapSize + options.ContainerKeyBytes - 1 : 0;

        private bool AlwaysWraps => (options.Ordered != OrderedMode.Off || options.ProducerNumbers) && options.AggregationEnabled;

        /// <summary>The most bytes of the key that an aggregate is sent under: <c>a</c>, or the first member's in UTF-8, which is in it once more.</summary>
        private int ContainerKeyBytes => options.ContainerKey == ContainerKey.A ? 1 : PartitionKeyRule.MaxLength * 3;
    }

    extension(PipelineSettings settings)
    {
        /// <summary>Whether records of one shard keep the order in which they were accepted.</summary>
        public bool KeepsOrder => settings.Options.Ordered != OrderedMode.Off;

        /// <summary>Whether all records go to the shard that has most tokens.</summary>
        public bool IsEven => settings.Options.Routing == RoutingMode.Even;

        /// <summary>Whether an aggregate has records of one key only.</summary>
        public bool IsByKey => settings.ContainerKey == ContainerKey.SameKeyOnly;

        /// <summary>The source of the numbers that records have before they reach an aggregate: in the backlog, and on their way to another process.</summary>
        public Func<ProducerLine>? KeptNumbers => settings.Options.ProducerNumbers ? settings.NewNumbers : null;

        /// <summary>Accepts what the largest stream takes (AWS: MaxRecordSizeInKiB is at most 10,240), because nobody tells what this one does.</summary>
        public void AcceptLargest() => settings.MaxRecordBytes = Math.Min((10 << 20) - settings.Options.WrapBytes, settings.Options.MaxUserRecordSize);

        /// <summary>Sets the limit of the stream itself; <see cref="StreamOptions.MaxUserRecordSize"/> may be lower.</summary>
        public void SetMaxRecordBytes(long ofStream)
        {
            var options = settings.Options;
            settings.StreamRecordBytes = ofStream;
            settings.MaxRecordBytes = Math.Min(ofStream - options.WrapBytes, options.MaxUserRecordSize);
            var most = settings.KeepsOrder ? AggregationLimits.LargestMaxSize : options.AggregationMaxSize;
            var size = Math.Min(most, ofStream - options.ContainerKeyBytes);
            settings.Aggregation = options.AggregationEnabled ? new AggregationLimits(options.AggregationMaxCount, (int)size) : PipelineSettings.Alone;
        }
    }

    extension(ShardLimits)
    {
        /// <summary>
        /// Computes the limits from the options: the lower of its share and of the absolute ones. A bucket holds
        /// <see cref="StreamOptions.BurstTime"/> of both rates, and at least one aggregate.
        /// </summary>
        /// <param name="isOneAtATime">Whether one Kinesis record of the shard is under way at a time.</param>
        public static ShardLimits From(StreamOptions options, bool isOneAtATime = false)
        {
            var share = options.RateLimit / 100.0;
            var records = Math.Min(ShardLimits.RecordsPerSecond * share, options.ShardRecordsPerSecond is > 0 and var most ? most : double.MaxValue);
            var bytes = Math.Min(ShardLimits.BytesPerSecond * share, options.ShardBytesPerSecond is > 0 and var mostBytes ? mostBytes : double.MaxValue);
            var burst = options.BurstTime.TotalSeconds;
            // The container key's one byte counts too.
            double aggregate = options.AggregationMaxSize + 1;
            var capacity = Math.Max(aggregate, bytes * burst);
            return new ShardLimits(
                RecordsPerTick: records / TimeSpan.TicksPerSecond,
                BytesPerTick: bytes / TimeSpan.TicksPerSecond,
                RecordCapacity: Math.Max(1, records * burst),
                ByteCapacity: capacity,
                // Records that are sent one at a time are each larger than the bucket. If a record had to wait until the bucket is full,
                // the tokens earned between that instant and the next record's start would be lost.
                EnoughBytes: isOneAtATime ? capacity / 2 : capacity,
                StartBytes: aggregate);
        }
    }
}
