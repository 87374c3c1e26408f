using System.Diagnostics;
using System.Text;
using Orleans.Kpl.Cluster.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>A load by calls of <see cref="IStreamProducer"/>, through whatever gateway the client has for it.</summary>
internal sealed class GrainLoad : ClusterLoad
{
    private readonly IStreamProducer _producer;

    private GrainLoad(IStreamProducer producer, int batch)
        : base(batch) => _producer = producer;

    public static GrainLoad Start(ClusterConnection connection, string stream, int atOnce = 4, int batch = 50)
    {
        var load = new GrainLoad(connection.Client.GetGrain<IStreamProducer>(stream), batch);
        load.Start(atOnce);
        return load;
    }

    protected override async Task<IReadOnlyList<ToldRecord>?> PutAsync(int[] numbers, long putAt)
    {
        // As HTTP has it: the data are the bytes of the payload's JSON text.
        var records = numbers.Select(n => new UserRecord(ToldRecord.KeyOf(n), Encoding.UTF8.GetBytes($"\"{ToldRecord.DataOf(n)}\"")));
        var results = await _producer.PutRecords(new RecordBatch(records));
        var toldAt = Stopwatch.GetTimestamp();
        return [.. results.Select((r, i) => new ToldRecord(numbers[i], r.Status, r.ShardId, r.SequenceNumber, r.ErrorCode, putAt, toldAt))];
    }
}
