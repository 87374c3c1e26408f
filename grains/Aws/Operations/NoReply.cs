using System.Text.Json;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>The answer of an operation that answers with nothing, or with an empty object.</summary>
internal readonly record struct NoReply
{
    public static NoReply Read(ref Utf8JsonReader json) => default;
}
