using System.Buffers.Binary;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>
/// Walks through a payload that starts as an aggregate and describes every byte. Unlike the producer's reader, it continues after an error
/// as far as the bytes can be understood.
/// </summary>
internal static class AggregateWalker
{
    public static AggregateReport Walk(ReadOnlyMemory<byte> payload)
    {
        var report = new AggregateReport(payload);
        report.Add(0, AggregateFormat.MagicSize, 0, "magic");
        if (payload.Length < AggregateFormat.FrameSize)
        {
            report.AddProblem(AggregateFormat.MagicSize, $"{payload.Length} bytes cannot hold magic and MD5: it is cut short");
            if (payload.Length > AggregateFormat.MagicSize)
                report.Add(AggregateFormat.MagicSize, payload.Length - AggregateFormat.MagicSize, 0, "too short to tell");
            return report;
        }

        var end = payload.Length - AggregateFormat.TrailerSize;
        WalkMessage(report, end);
        WalkTrailer(report, end);
        return report;
    }

    private static void WalkMessage(AggregateReport report, int end)
    {
        var fields = new WireReader(report.Payload.Span, AggregateFormat.MagicSize, end);
        List<(int Start, int ValueStart, int End)> records = [];
        while (!fields.IsAtEnd)
        {
            var start = fields.Position;
            if (!fields.TryReadField())
            {
                report.AddProblem(start, "the field is cut short or malformed; what follows up to the MD5 cannot be read");
                report.Add(start, end - start, 0, "not readable");
                break;
            }

            switch (fields.Tag)
            {
                case AggregateFormat.PartitionKeyTag:
                    report.AddPartitionKey(start, fields.ValueStart, fields.Position);
                    break;
                case AggregateFormat.HashKeyTag:
                    report.AddHashKey(start, fields.ValueStart, fields.Position);
                    break;
                case AggregateFormat.RecordTag:
                    records.Add((start, fields.ValueStart, fields.Position));
                    break;
                default:
                    report.Add(start, fields.Position - start, 0, Unknown(fields.Tag));
                    break;
            }
        }

        // The key tables may follow the records that refer to them.
        foreach (var (start, valueStart, recordEnd) in records)
            WalkRecord(report, start, valueStart, recordEnd);
        if (report.Records == 0)
            report.AddProblem(AggregateFormat.MagicSize, "there is no record");
    }

    private static void WalkRecord(AggregateReport report, int start, int valueStart, int end)
    {
        var number = report.AddRecord();
        report.Add(start, valueStart - start, 0, $"record {number}, {Preview.Bytes(end - valueStart)}");
        if (RecordFields.TryRead(report.Payload.Span, valueStart, end, out _) is { } reason)
            report.AddProblem(start, $"record {number} {reason}");

        var fields = new WireReader(report.Payload.Span, valueStart, end);
        while (!fields.IsAtEnd)
        {
            var fieldStart = fields.Position;
            if (!fields.TryReadField())
            {
                report.Add(fieldStart, end - fieldStart, 1, "not readable");
                return;
            }

            report.Add(fieldStart, fields.Position - fieldStart, 1, Describe(report, number, fieldStart, fields));
        }
    }

    private static string Describe(AggregateReport report, int number, int fieldStart, in WireReader fields)
    {
        switch (fields.Tag)
        {
            case AggregateFormat.PartitionKeyIndexTag:
                var key = report.PartitionKeyAt(fields.Number);
                if (key is null)
                    report.AddProblem(fieldStart, $"record {number} names partition key {fields.Number}, the table has {report.PartitionKeys}");
                return $"partition key index {fields.Number}: {key ?? "NOT THERE"}";
            case AggregateFormat.HashKeyIndexTag:
                var hashKey = report.HashKeyAt(fields.Number);
                if (hashKey is null)
                    report.AddProblem(fieldStart, $"record {number} names explicit hash key {fields.Number}, the table has {report.HashKeys}");
                return $"explicit hash key index {fields.Number}: {hashKey ?? "NOT THERE"}";
            case AggregateFormat.DataTag:
                var data = report.Payload[fields.ValueStart..fields.Position];
                report.AddData(data);
                return $"data, {Preview.Bytes(data.Length)}: {SchemaText.PreviewOf(data)}";
            case AggregateFormat.TagsTag:
                return "tag";
            default:
                return Unknown(fields.Tag);
        }
    }

    private static void WalkTrailer(AggregateReport report, int end)
    {
        var payload = report.Payload.Span;
        var digest = Md5Lanes.HashOne(payload[AggregateFormat.MagicSize..end]);
        var isRight = digest == BinaryPrimitives.ReadUInt128BigEndian(payload[end..]);
        report.Add(end, AggregateFormat.TrailerSize, 0, $"MD5 of bytes {AggregateFormat.MagicSize} to {end - 1}: {(isRight ? "right" : "WRONG")}");
        if (isRight)
            return;

        report.AddProblem(end, $"the MD5 of the message is {digest:x32}, but {Convert.ToHexStringLower(payload[end..])} stands here: KCL takes all of it for one plain user record");
        foreach (var extra in (ReadOnlySpan<int>)[1, 2])
        {
            if (EndsBefore(payload, extra))
                report.AddProblem(payload.Length - extra, $"the aggregate is sound without the last {Preview.Bytes(extra)}: {Preview.Hex(payload[^extra..])}");
        }
    }

    /// <summary>Whether the payload is an aggregate followed by extra bytes, such as a line break.</summary>
    private static bool EndsBefore(ReadOnlySpan<byte> payload, int extra) =>
        payload.Length - extra >= AggregateFormat.FrameSize
        && Md5Lanes.HashOne(payload[AggregateFormat.MagicSize..^(AggregateFormat.TrailerSize + extra)])
            == BinaryPrimitives.ReadUInt128BigEndian(payload[^(AggregateFormat.TrailerSize + extra)..^extra]);

    private static string Unknown(ulong tag) =>
        $"unknown field {tag >>> 3} of wire type {tag & 7}, passed over";
}
