using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Which dialect a Content-Type means; an answer carries its request's own.</summary>
internal static class Dialect
{
    public static bool IsCbor(string? contentType) => Is(contentType, CborAnswerWriter.MediaType);

    public static bool IsKnown(string? contentType) =>
        Is(contentType, JsonAnswerWriter.MediaType) || Is(contentType, CborAnswerWriter.MediaType) || Is(contentType, "application/json");

    public static string Echo(string? contentType, AnswerWriter answer) =>
        Is(contentType, "application/json") ? "application/json" : answer.ContentType;

    private static bool Is(string? contentType, string mediaType) =>
        contentType is not null && contentType.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == mediaType.Length || contentType[mediaType.Length] is ';' or ' ');
}
