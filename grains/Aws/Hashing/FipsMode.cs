using System.Security.Cryptography;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>
/// Whether this process is to use validated cryptography only (FIPS 140). .NET does not say so. The kernel does, where the whole machine runs that way, in
/// its containers too. An OpenSSL that was configured so refuses MD5, with no word from the kernel.
/// </summary>
internal static class FipsMode
{
    private const string KernelFlag = "/proc/sys/crypto/fips_enabled";

    public static bool IsOn { get; } = Find(
        static () => File.Exists(KernelFlag) ? File.ReadAllText(KernelFlag) : "",
        static () => MD5.HashData([]));

    /// <summary>Finds out from what the kernel's flag says, and whether the platform computes an MD5.</summary>
    public static bool Find(Func<string> readFlag, Action computeMd5)
    {
        try
        {
            if (readFlag().Trim() is not ("" or "0"))
                return true;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Where the kernel does not tell, MD5 may.
        }

        try
        {
            computeMd5();
            return false;
        }
        catch (Exception refused) when (refused is CryptographicException or PlatformNotSupportedException)
        {
            return true;
        }
    }
}
