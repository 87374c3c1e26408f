using System.Text;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Testing;

/// <summary>One stream of the fake: its settings and its ledger. The producer's lock guards it.</summary>
internal sealed class FakeStream(string name, StreamOptions options, int maxRecordSize)
{
    private readonly PipelineSettings _settings = Settings(options, maxRecordSize);

    public string Name => name;

    public StreamOptions Options => options;

    public StreamLedger Ledger { get; private set; }

    /// <summary>Why a producer would refuse the record; null where it would not.</summary>
    public RecordValidationException? Refuse(in UserRecord record) =>
        PartitionKeyRule.IsFit(record.PartitionKey) && RecordValidator.FitsSize(KeyBytes(record), record.Data.Length, _settings.MaxRecordBytes)
            ? null
            : RecordValidator.Explain(record, _settings.MaxRecordBytes);

    public static long ChargeOf(in UserRecord record) => RecordValidator.Charge(KeyBytes(record), record.ExplicitHashKey.HasValue, record.Data.Length);

    public void Accepted() => Ledger = Ledger with { Accepted = Ledger.Accepted + 1, InFlight = Ledger.InFlight + 1 };

    public void Ended(RecordStatus status)
    {
        var open = Ledger with { InFlight = Ledger.InFlight - 1 };
        Ledger = status switch
        {
            RecordStatus.Delivered => open with { Delivered = open.Delivered + 1 },
            RecordStatus.Persisted => open with { InBacklog = open.InBacklog + 1 },
            RecordStatus.Unknown => open with { Unknown = open.Unknown + 1 },
            _ => open with { Failed = open.Failed + 1 },
        };
    }

    private static int KeyBytes(in UserRecord record) => Encoding.UTF8.GetByteCount(record.PartitionKey);

    private static PipelineSettings Settings(StreamOptions options, int maxRecordSize)
    {
        var settings = PipelineSettings.Of(options);
        settings.SetMaxRecordBytes(maxRecordSize);
        return settings;
    }
}
