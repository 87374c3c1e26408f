using System.Text;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Lanes.Tests.Fakes;

/// <summary>Numbered records for a stream.</summary>
internal static class Numbered
{
    public const string Stream = "events";

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    public static readonly TimeSpan Long = Waiting.Long;

    public static UserRecord Record(int number) => new($"key-{number}", Encoding.UTF8.GetBytes($"data-{number}"));

    public static UserRecord[] Records(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(Record)];
}
