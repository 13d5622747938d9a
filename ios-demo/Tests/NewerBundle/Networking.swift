// Elsewhere than on Apple's systems URLSession has a module of its own.
#if canImport(FoundationNetworking)
    @_exported import FoundationNetworking
#endif
