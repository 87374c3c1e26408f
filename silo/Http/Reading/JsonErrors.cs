using System.Text.Json;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Describes where a text stops being JSON.</summary>
internal static class JsonErrors
{
    /// <summary>Returns the place, line and byte from 1, and the reason; <paramref name="what"/> starts the sentence.</summary>
    public static string Describe(string what, JsonException error, long? line = null) => $"{what} is {JsonFault.Describe(error, line)}";
}
