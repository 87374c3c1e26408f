using System.Security.Cryptography;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Tests.Wire;

public class Md5RequirementTests
{
    [Fact]
    public void Start_WhereThePlatformRefusesMd5_SaysWhatIsMissing()
    {
        var refused = Assert.Throws<PlatformNotSupportedException>(
            static () => HashKeys.RequireMd5(static () => throw new CryptographicException("error:0308010C:digital envelope routines::unsupported")));
        Assert.Contains("MD5", refused.Message, StringComparison.Ordinal);
        Assert.Contains("FIPS", refused.Message, StringComparison.Ordinal);
        HashKeys.RequireMd5(static () => MD5.HashData([]));
    }
}
