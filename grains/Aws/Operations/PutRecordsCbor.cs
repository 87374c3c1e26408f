using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

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
