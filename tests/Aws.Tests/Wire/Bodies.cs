using Orleans.Kpl.Aws.Bodies;

namespace Orleans.Kpl.Aws.Tests.Wire;

/// <summary>What a body puts on the wire.</summary>
internal static class Bodies
{
    public static async Task<byte[]> WrittenAsync(this RequestBody body)
    {
        using var stream = new MemoryStream();
        await body.WriteToAsync(stream, CancellationToken.None);
        return stream.ToArray();
    }
}
