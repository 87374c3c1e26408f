using System.Text.Json;
using Orleans.Kpl.Kinesis.Putting;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Writes an answer in the format of its request.</summary>
internal abstract class FrontWriter : IDisposable
{
    public abstract void StartObject();

    public abstract void EndObject();

    public abstract void StartArray();

    public abstract void EndArray();

    public abstract void Name(string name);

    public abstract void Text(string text);

    public abstract void Number(long number);

    public abstract void Bool(bool value);

    public abstract void Null();

    /// <summary>Writes an instant: seconds with a fraction in JSON.</summary>
    public abstract void Instant(JsonElement seconds);

    /// <summary>Writes a record's entry of the answer: where it is.</summary>
    public void ResultEntry(in RecordResult result)
    {
        StartObject();
        Text("SequenceNumber", result.SequenceNumber ?? EntryOutcome.NoSequenceNumber);
        Text("ShardId", result.ShardId ?? EntryOutcome.NoShard);
        EndObject();
    }

    /// <summary>Writes the entries of records, as an array.</summary>
    public virtual void ResultEntries(ReadOnlySpan<RecordResult> results)
    {
        StartArray();
        foreach (ref readonly var result in results)
            ResultEntry(result);
        EndArray();
    }

    /// <summary>Completes the answer and returns it; valid until the writer is disposed.</summary>
    public abstract ReadOnlyMemory<byte> End();

    public abstract void Dispose();

    public static FrontWriter For(WireFormat format) => format == WireFormat.Cbor ? new CborFrontWriter() : new JsonFrontWriter();

    public void Text(string name, string text)
    {
        Name(name);
        Text(text);
    }

    /// <summary>Writes a member as Kinesis told it in JSON.</summary>
    public void Member(JsonProperty member)
    {
        Name(member.Name);
        // The only instants among what is told of streams and shards are called so.
        if (member.Value.ValueKind == JsonValueKind.Number && member.Name.EndsWith("Timestamp", StringComparison.Ordinal))
            Instant(member.Value);
        else
            Element(member.Value);
    }

    /// <summary>Writes values as Kinesis told them in JSON.</summary>
    public void Elements(string name, IEnumerable<JsonElement> values)
    {
        Name(name);
        StartArray();
        foreach (var value in values)
            Element(value);
        EndArray();
    }

    /// <summary>Writes a value as Kinesis told it in JSON.</summary>
    public void Element(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                StartObject();
                foreach (var member in value.EnumerateObject())
                    Member(member);
                EndObject();
                break;
            case JsonValueKind.Array:
                StartArray();
                foreach (var item in value.EnumerateArray())
                    Element(item);
                EndArray();
                break;
            case JsonValueKind.String:
                Text(value.GetString()!);
                break;
            case JsonValueKind.Number:
                Number(value.TryGetInt64(out var whole) ? whole : (long)value.GetDouble());
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Bool(value.GetBoolean());
                break;
            default:
                Null();
                break;
        }
    }
}
