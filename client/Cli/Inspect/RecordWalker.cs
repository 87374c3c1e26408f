using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Describes the bytes of one user record in an aggregate.</summary>
internal static class RecordWalker
{
    public static void Walk(AggregateReport report, int start, int valueStart, int end)
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
                return AggregateWalker.Unknown(fields.Tag);
        }
    }
}
