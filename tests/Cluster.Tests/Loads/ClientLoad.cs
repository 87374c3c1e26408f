using System.Diagnostics;
using System.Text;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>A load through the client library, by whatever silo it finds.</summary>
internal sealed class ClientLoad : ClusterLoad
{
    private readonly IKplProducer _producer;
    private readonly string _stream;

    private ClientLoad(IKplProducer producer, string stream, int batch)
        : base(batch) => (_producer, _stream) = (producer, stream);

    public static ClientLoad Start(IKplProducer producer, string stream, int atOnce, int batch)
    {
        var load = new ClientLoad(producer, stream, batch);
        load.Start(atOnce);
        return load;
    }

    protected override async Task<IReadOnlyList<ToldRecord>?> PutAsync(int[] numbers, long putAt)
    {
        // As HTTP has it: the data are the bytes of the payload's JSON text.
        UserRecord[] records = [.. numbers.Select(n => new UserRecord(ToldRecord.KeyOf(n), Encoding.UTF8.GetBytes($"\"{ToldRecord.DataOf(n)}\"")))];
        var results = await _producer.PutAsync(_stream, records);
        var toldAt = Stopwatch.GetTimestamp();
        return [.. results.Select((r, i) => new ToldRecord(numbers[i], r.Status, r.ShardId, r.SequenceNumber, r.ErrorCode, putAt, toldAt))];
    }
}
