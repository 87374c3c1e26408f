using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Writes an answer in the dialect of its request. Names are ASCII literals.</summary>
internal abstract class AnswerWriter(PooledBytes output)
{
    public abstract string ContentType { get; }

    /// <summary>The bytes that were written.</summary>
    public virtual PooledBytes Output => output;

    /// <summary>Forgets what was written, so that an error can take its place.</summary>
    public virtual void Reset() => output.Clear();

    public abstract void StartObject();
    public abstract void EndObject();
    public abstract void StartArray();
    public abstract void EndArray();
    public abstract void Name(ReadOnlySpan<byte> name);
    public abstract void Number(long value);
    public abstract void Bool(bool value);
    public abstract void String(string value);

    /// <summary>A blob.</summary>
    public abstract void Bytes(ReadOnlySpan<byte> value);

    /// <summary>An instant, to the millisecond.</summary>
    public abstract void Timestamp(long utcTicks);

    public void StartObject(ReadOnlySpan<byte> name)
    {
        Name(name);
        StartObject();
    }

    public void StartArray(ReadOnlySpan<byte> name)
    {
        Name(name);
        StartArray();
    }

    public void Field(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        String(value);
    }

    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Number(value);
    }

    public void Field(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Bool(value);
    }

    public void Instant(ReadOnlySpan<byte> name, long utcTicks)
    {
        Name(name);
        Timestamp(utcTicks);
    }

    public void Objects<T>(ReadOnlySpan<byte> name, IEnumerable<T> items, Action<T> writeFields)
    {
        StartArray(name);
        foreach (var item in items)
        {
            StartObject();
            writeFields(item);
            EndObject();
        }
        EndArray();
    }

    public void Strings(ReadOnlySpan<byte> name, IEnumerable<string> values)
    {
        StartArray(name);
        foreach (var value in values) String(value);
        EndArray();
    }
}

/// <summary>An answer that is ready to be sent.</summary>
internal readonly record struct Answer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    public void WriteHead(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
    }

    /// <param name="goesOn">Whether more follows.</param>
    public async Task SendAsync(HttpContext context, bool goesOn = false)
    {
        WriteHead(context.Response);
        if (goesOn) context.Response.ContentLength = null;
        await context.Response.BodyWriter.WriteAsync(Body, context.RequestAborted);
    }
}
