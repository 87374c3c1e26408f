namespace Orleans.Kpl.Certificates;

/// <summary>What <see cref="TlsStore"/> tells the log of its process.</summary>
internal interface ITlsEvents
{
    /// <summary>Certificates came into force.</summary>
    void Taken(TlsState state);

    /// <summary>Changed files cannot be used; the former certificates stay in force.</summary>
    void Refused(string errors);

    /// <summary>The certificate in force ends soon, or has ended.</summary>
    void NearEnd(string file, DateTimeOffset end);

    /// <summary>Every user of this machine may read the file with the key.</summary>
    void KeyOpen(string file);
}
