namespace Orleans.Kpl.Cli.Batches;

/// <summary>Makes partition keys that spread evenly: random UUIDs of 36 characters.</summary>
internal static class RandomKeys
{
    public static string Next()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.Shared.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
