using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Credentials to sign with, fresh whenever they are asked for.</summary>
internal interface ICredentialSource
{
    /// <exception cref="KinesisException">There are none; nothing was sent.</exception>
    ValueTask<SigningCredentials> GetAsync(CancellationToken cancellationToken);

    /// <summary>Kinesis refused these: unless newer ones are here already, the next caller waits for new ones.</summary>
    void Refuse(SigningCredentials credentials);
}
