using System.Text;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>A load by calls with records: through the client library, by whatever silo it finds, or of <see cref="IStreamProducer"/>.</summary>
internal sealed class CallLoad : ClusterLoad
{
    private readonly Func<UserRecord[], Task<RecordResult[]>> _put;

    private CallLoad(Func<UserRecord[], Task<RecordResult[]>> put, int batch)
        : base(batch) => _put = put;

    public static CallLoad Start(IKplProducer producer, string stream, int atOnce, int batch) =>
        Start(records => producer.PutAsync(stream, records).AsTask(), atOnce, batch);

    /// <summary>Through whatever gateway the client has for it.</summary>
    public static CallLoad Start(ClusterConnection connection, string stream, int atOnce = 4, int batch = 50)
    {
        var producer = connection.Client.GetGrain<IStreamProducer>(stream);
        return Start(records => producer.PutRecords(new RecordBatch(records)), atOnce, batch);
    }

    protected override async Task<IReadOnlyList<ToldRecord>?> PutAsync(int[] numbers, long putAt)
    {
        // As HTTP has it: the data are the bytes of the payload's JSON text.
        var results = await _put([.. numbers.Select(n => new UserRecord(ToldRecord.KeyOf(n), Encoding.UTF8.GetBytes($"\"{ToldRecord.DataOf(n)}\"")))]);
        var toldAt = Stopwatch.GetTimestamp();
        return [.. results.Select((r, i) => new ToldRecord(numbers[i], r.Status, r.ShardId, r.SequenceNumber, r.ErrorCode, putAt, toldAt))];
    }

    private static CallLoad Start(Func<UserRecord[], Task<RecordResult[]>> put, int atOnce, int batch)
    {
        var load = new CallLoad(put, batch);
        load.Start(atOnce);
        return load;
    }
}
