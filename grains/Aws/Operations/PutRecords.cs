using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>Reads the answers of PutRecords and PutRecord.</summary>
internal sealed class PutRecords
{
    public static readonly KinesisOperation Many = new("PutRecords", OperationKind.Data);

    public static readonly KinesisOperation One = new("PutRecord", OperationKind.Data);

    private readonly TextCache _texts = new();
    private readonly ReplyReader<PutRecordsReplyEntry> _readEntry;

    public PutRecords()
    {
        var cbor = new PutRecordsCbor(_texts);
        _readEntry = ReadEntry;
        ReadReply = new(Read, cbor.Read);
        ReadSingle = new(ReadEntry, cbor.ReadEntry);
    }

    public ReplyReaders<PutRecordsReply> ReadReply { get; }

    public ReplyReaders<PutRecordsReplyEntry> ReadSingle { get; }

    private PutRecordsReply Read(ref Utf8JsonReader json)
    {
        List<PutRecordsReplyEntry>? entries = null;
        while (json.NextMember())
        {
            if (json.IsMember("Records"u8))
                entries = json.ReadList(_readEntry, capacity: 128);
            else
                json.SkipMember();
        }

        return new PutRecordsReply(entries ?? throw new JsonException("The answer has no Records."));
    }

    private PutRecordsReplyEntry ReadEntry(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? shardId = null, sequenceNumber = null, errorCode = null, errorMessage = null;
        while (json.NextMember())
        {
            if (json.IsMember("SequenceNumber"u8))
                sequenceNumber = json.GetString();
            else if (json.IsMember("ShardId"u8))
                shardId = json.ReadCached(_texts);
            else if (json.IsMember("ErrorCode"u8))
                errorCode = json.ReadCached(_texts);
            else if (json.IsMember("ErrorMessage"u8))
                errorMessage = json.GetString();
            else
                json.SkipMember();
        }

        return new PutRecordsReplyEntry(shardId, sequenceNumber, errorCode, errorMessage);
    }
}

/// <summary>Reads the answers of PutRecords and PutRecord in CBOR.</summary>
/// <param name="texts">The cache of repeated strings, shared with the reader of JSON.</param>
internal sealed class PutRecordsCbor(TextCache texts)
{
    public PutRecordsReply Read(ref CborReader cbor)
    {
        List<PutRecordsReplyEntry>? entries = null;
        var members = cbor.ReadMap();
        while (cbor.Next(ref members))
        {
            if (cbor.ReadName().SequenceEqual("Records"u8))
                entries = ReadEntries(ref cbor);
            else
                cbor.Skip();
        }

        return new PutRecordsReply(entries ?? throw new FormatException("The answer has no Records."));
    }

    public PutRecordsReplyEntry ReadEntry(ref CborReader cbor)
    {
        string? shardId = null, sequenceNumber = null, errorCode = null, errorMessage = null;
        var members = cbor.ReadMap();
        while (cbor.Next(ref members))
        {
            var name = cbor.ReadName();
            if (name.SequenceEqual("SequenceNumber"u8))
                sequenceNumber = cbor.ReadString();
            else if (name.SequenceEqual("ShardId"u8))
                shardId = cbor.ReadCached(texts);
            else if (name.SequenceEqual("ErrorCode"u8))
                errorCode = cbor.ReadCached(texts);
            else if (name.SequenceEqual("ErrorMessage"u8))
                errorMessage = cbor.ReadString();
            else
                cbor.Skip();
        }

        return new PutRecordsReplyEntry(shardId, sequenceNumber, errorCode, errorMessage);
    }

    private List<PutRecordsReplyEntry> ReadEntries(ref CborReader cbor)
    {
        var entries = new List<PutRecordsReplyEntry>(128);
        var items = cbor.ReadArray();
        while (cbor.Next(ref items))
            entries.Add(ReadEntry(ref cbor));
        return entries;
    }
}
