using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl;

/// <summary>Records for <see cref="IStreamProducer.PutRecords"/>. They are packed by the constructor; afterwards the caller may reuse their memory.</summary>
/// <remarks>Only the limits of a batch are checked here. A record that Kinesis could never accept becomes a failed result at its position.</remarks>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.RecordBatch")]
[CollectionBuilder(typeof(RecordBatch), nameof(Create))]
public sealed class RecordBatch : IReadOnlyCollection<UserRecord>
{
    /// <summary>The maximum number of records in a batch.</summary>
    public const int MaxRecords = 100_000;

    /// <summary>
    /// The maximum packed size of a batch in bytes: keys, data and a few bytes per record. A message of more than 100 MB would end the Orleans connection,
    /// and failed records are sent back.
    /// </summary>
    public const int MaxBytes = 32 << 20;

    [ThreadStatic]
    private static PackedRecordsWriter? t_writer;

    /// <summary>Packed messages, each of at most 64 KB or with one record.</summary>
    [Id(0)]
    private readonly byte[][] _messages;

    [NonSerialized]
    private PackedRecords[]? _records;

    /// <summary>Packs the records.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxRecords"/> records, or <see cref="MaxBytes"/> bytes.</exception>
    public RecordBatch(IEnumerable<UserRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        _messages = records switch
        {
            RecordBatch batch => batch._messages,
            UserRecord[] array => Pack(array),
            List<UserRecord> list => Pack(CollectionsMarshal.AsSpan(list)),
            _ => Pack(records.ToArray()),
        };
    }

    private RecordBatch(byte[][] messages) => _messages = messages;

    /// <summary>The number of records in the batch.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (ref readonly var records in Records)
                count += records.Count;
            return count;
        }
    }

    /// <summary>The records after a check that they are within a batch's limits, whatever the origin of the bytes.</summary>
    /// <exception cref="PackedFormatException">The bytes are not those of a valid batch.</exception>
    internal ReadOnlySpan<PackedRecords> Records => _records ??= Parse(_messages ?? []);

    /// <summary>The bytes of the messages, unchecked.</summary>
    internal IReadOnlyList<byte[]> Messages => _messages ?? [];

    /// <summary>Packs the records.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="MaxRecords"/> records, or <see cref="MaxBytes"/> bytes.</exception>
    public static RecordBatch Create(ReadOnlySpan<UserRecord> records) => new(Pack(records));

    /// <summary>Creates a batch of packed messages, unchecked.</summary>
    internal static RecordBatch Of(byte[][] messages) => new(messages);

    /// <inheritdoc />
    public IEnumerator<UserRecord> GetEnumerator() => Unpack().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static byte[][] Pack(ReadOnlySpan<UserRecord> records)
    {
        if (records.Length > MaxRecords)
            throw new ArgumentException($"a batch has at most {MaxRecords} records; these are {records.Length}", nameof(records));
        var writer = t_writer ??= new PackedRecordsWriter();
        writer.Reset();
        var messages = new List<byte[]>();
        long closed = 0;
        foreach (ref readonly var record in records)
        {
            CheckBytes(closed + writer.Bytes + record.Data.Length + (record.PartitionKey?.Length ?? 0));
            if (TryAdd(writer, record))
                continue;
            closed += writer.Bytes;
            messages.Add(writer.ToArray());
            writer.Reset();
            TryAdd(writer, record);
        }

        CheckBytes(closed + writer.Bytes);
        if (writer.Count > 0)
            messages.Add(writer.ToArray());
        writer.Reset();
        return [.. messages];
    }

    private static bool TryAdd(PackedRecordsWriter writer, in UserRecord record) =>
        writer.TryAdd(record.PartitionKey ?? "", record.Data.Span, record.ExplicitHashKey, record.ExplicitHashKey.HasValue);

    private static void CheckBytes(long bytes)
    {
        if (bytes > MaxBytes)
            throw new ArgumentException($"a batch has at most {MaxBytes} bytes, packed; these records have {bytes} or more: put them in several", "records");
    }

    private static PackedRecords[] Parse(byte[][] messages)
    {
        var records = new PackedRecords[messages.Length];
        long count = 0, bytes = 0;
        for (var i = 0; i < messages.Length; i++)
        {
            records[i] = PackedRecords.Parse(messages[i]);
            count += records[i].Count;
            bytes += messages[i].Length;
        }

        return count <= MaxRecords && bytes <= MaxBytes
            ? records
            : throw new PackedFormatException($"a batch of {count} records and {bytes} bytes is more than a batch can be");
    }

    private IEnumerable<UserRecord> Unpack()
    {
        for (var i = 0; i < Records.Length; i++)
        {
            var records = Records[i];
            foreach (var position in records.Positions())
                yield return records.ToUserRecord(position);
        }
    }
}
