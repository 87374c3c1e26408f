using System.Globalization;
using System.Security.Cryptography;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Creates ids of operations: those of a stream sort by the time they were begun.</summary>
internal static class OperationIds
{
    public static string New(StreamOperationKind kind, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmssfff}-{Word(kind)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");

    private static string Word(StreamOperationKind kind) => kind switch
    {
        StreamOperationKind.Split => "split",
        StreamOperationKind.Merge => "merge",
        StreamOperationKind.Scale => "scale",
        StreamOperationKind.Policy => "policy",
        _ => "decision",
    };
}
