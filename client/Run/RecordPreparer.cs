using System.Text.Json;
using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>Makes what can be put of what came: runs the processors, and chooses stream and keys. One caller at a time.</summary>
internal sealed class RecordPreparer(RunFile file, ProcessingTools tools)
{
    /// <summary>The error code of a record that a processor cannot change.</summary>
    public const string InvalidRecord = "InvalidRecord";

    private readonly RunRecord _record = new();

    /// <summary>How many records had none of the fields that their key should come from, and got a random key.</summary>
    public long WithoutKeyField { get; private set; }

    /// <summary>The data of the record that was prepared last; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Data => _record.Data;

    /// <summary>Whether that data is one JSON text without blanks around it.</summary>
    public bool IsJson => _record.IsJson;

    /// <summary>Prepares one record. A bad one fails alone, whatever is in it.</summary>
    public PreparedRecord Prepare(ReadOnlyMemory<byte> data)
    {
        _record.Begin(data);
        try
        {
            foreach (var processor in file.Processors)
            {
                if (processor.Process(_record, tools) is { } error)
                    return PreparedRecord.Failure(InvalidRecord, $"{processor.Name}: {error}");
            }

            _ = _record.Data;
            return Address(file.Output);
        }
        catch (InvalidOperationException)
        {
            // It is JSON, and no text.
            return PreparedRecord.Failure(InvalidRecord, "a name or a text of the record has half of a surrogate pair");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return PreparedRecord.Failure(InvalidRecord, $"the record cannot be changed: {exception.Message}");
        }
    }

    private PreparedRecord Address(RunOutput output)
    {
        var fields = output.Key.NeedsFields || output.StreamField is not null || output.HashKeyField is not null ? _record.Keys : null;
        var stream = output.StreamField?.FindText(fields) ?? output.Stream;
        if (stream is null)
            return PreparedRecord.Failure(RecordErrorCodes.InvalidStream, $"field '{output.StreamField!.Text}' names no stream, and stream_name is not set");
        if (!StreamName.IsFit(stream))
            return PreparedRecord.Failure(RecordErrorCodes.InvalidStream, $"'{(stream.Length <= 200 ? stream : stream[..200])}' is not {StreamName.Rule}");

        var key = output.Key.Of(fields, tools);
        if (key is null)
        {
            WithoutKeyField++;
            key = tools.Uuid();
        }

        if (key.Length > PartitionKeyRule.MaxLength)
            return PreparedRecord.Failure(RecordErrorCodes.InvalidPartitionKey, PartitionKeyRule.Describe(key));

        var hashKey = output.HashKey;
        if (output.HashKeyField?.FindText(fields) is { } text)
        {
            if (!ExplicitHashKey.TryParse(text, out var parsed, out var error))
                return PreparedRecord.Failure(RecordErrorCodes.InvalidExplicitHashKey, $"field '{output.HashKeyField.Text}': {error}");
            hashKey = parsed;
        }

        return new PreparedRecord(stream, key, hashKey, null, null);
    }
}

/// <summary>A record that can be put, or why it cannot.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="HashKey">The explicit hash key; null for none.</param>
/// <param name="ErrorCode">The error code of a record that cannot be put; null for one that can.</param>
/// <param name="ErrorMessage">Why it cannot be put, for people.</param>
internal readonly record struct PreparedRecord(string Stream, string Key, UInt128? HashKey, string? ErrorCode, string? ErrorMessage)
{
    public static PreparedRecord Failure(string code, string message) => new("", "", null, code, message);
}
